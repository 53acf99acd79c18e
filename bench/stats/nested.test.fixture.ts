import type { Block, Components } from './components.ts';

/** Simulates the log-ratios of a comparison with rounds and blocks, in which the order affects each pair. */
export function nestedRatios(
  { turn, block, round }: Components,
  rounds: number,
  blocks: number,
  normal: () => number,
  order = 0,
): Block[][] {
  return Array.from({ length: rounds }, (_, number) => {
    const ofRound = Math.sqrt(round) * normal();
    const ofOrder = number % 2 === 0 ? order : -order;
    return Array.from({ length: blocks }, (): Block => {
      const ofBlock = ofRound + Math.sqrt(block) * normal();
      const pair = (sign: number) => ofBlock + sign * ofOrder + Math.sqrt(turn) * normal();
      return [pair(1), pair(-1)];
    });
  });
}
