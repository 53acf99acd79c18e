import type { Block, Components } from './components.ts';

/** Simulated log-ratios of a comparison of rounds and blocks; the order adds to one pair of each block. */
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
