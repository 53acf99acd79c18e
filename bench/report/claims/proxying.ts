import type { Run } from '../../model/run.ts';
import { scenarioNamed } from '../../scenarios/registry.ts';
import { formatCount } from '../../wording/format.ts';
import { counted } from '../../wording/words.ts';
import type { RunView, View } from '../view.ts';
import type { Claim, ClaimVerdict, Judgement } from './claim.ts';
import { type Effect, effectOf, P50, SERVER_CPU, THROUGHPUT } from './effect.ts';

/** Claims in this file: Nginx itself as a proxy in front of a WebSocket server. */
export const upgrade: Claim = {
  id: 'upgrade',
  title: 'Nginx carries WebSockets',
  says: 'A location that forwards the upgrade over HTTP/1.1 is all Nginx needs to proxy WebSockets.',
  shownBy:
    'Run any profile with Nginx. Confirmed if every requested connection opened through Nginx and every message came back unchanged; refuted if no connection opened. Any result in between may be due to a limit of the machine.',
  needs: ['plain'],
  judge: ({ runs }) => {
    const proxied = runs.filter(({ run }) => run.proxy !== null && losesNothing(run));
    if (proxied.length === 0) return null;
    const count = (figure: (view: RunView) => number): number =>
      proxied.reduce((sum, view) => sum + figure(view), 0);
    const asked = count(({ figures }) => figures.connections.asked);
    const opened = count(({ figures }) => figures.connections.opened);
    const sent = count(({ figures }) => figures.messages.sent);
    const echoed = count(({ figures }) => figures.messages.echoed);
    const whole = opened === asked && echoed === sent && echoed > 0;
    return {
      verdict: whole ? 'confirmed' : opened === 0 ? 'refuted' : 'not shown',
      basis: 'fact',
      evidence: [
        `In ${counted(proxied.length, 'run')}, ${formatCount(opened)} of ${formatCount(asked)} connections opened through Nginx, and ${formatCount(echoed)} of ${formatCount(sent)} messages came back unchanged.`,
      ],
    };
  },
};

/** Whether a run completed in a scenario that is not expected to lose connections. */
function losesNothing({ plan, outcome }: Run): boolean {
  const { doubts } = scenarioNamed(plan.workload.scenario);
  return outcome.state === 'completed' && doubts.includes('losses');
}

export const performance: Claim = {
  id: 'performance',
  title: 'Nginx makes WebSockets faster',
  says: 'WebSocket communication performs better with Nginx than without.',
  shownBy:
    'Run direct and plain. Median response time and throughput are measured with Nginx (plain) and without it (direct), with the same CPU placement. Confirmed if one of the two is better with Nginx and neither is worse; refuted if one is worse and neither is better.',
  needs: ['direct', 'plain'],
  judge: (view) => {
    const p50 = effectOf(view, 'direct', 'plain', P50);
    const throughput = effectOf(view, 'direct', 'plain', THROUGHPUT);
    return verdictFrom([
      [p50, 'lower'],
      [throughput, 'higher'],
    ]);
  },
};

export const backend: Claim = {
  id: 'backend',
  title: 'Nginx takes load off the server behind it',
  says: 'With Nginx in front of it, a WebSocket server has less work to do.',
  shownBy:
    'Run direct and plain. The CPU that the echo server uses per message is measured with Nginx (plain) and without it (direct). Confirmed if it is lower with Nginx, refuted if it is higher.',
  needs: ['direct', 'plain'],
  judge: (view) => verdictFrom([[effectOf(view, 'direct', 'plain', SERVER_CPU), 'lower']]),
};

/**
 * Derives a verdict from effects, given the better direction of each effect. A claim is confirmed if at least
 * one effect is better and none is worse, and refuted if at least one is worse and none is better.
 */
export function verdictFrom(
  effects: readonly (readonly [effect: Effect | null, better: 'higher' | 'lower'])[],
): Judgement | null {
  const known = effects.flatMap(([effect, better]) => (effect === null ? [] : [{ ...effect, better }]));
  if (known.length === 0) return null;
  const decided = known.filter(({ direction }) => direction === 'higher' || direction === 'lower');
  const good = decided.some(({ direction, better }) => direction === better);
  const bad = decided.some(({ direction, better }) => direction !== better);
  const verdict: ClaimVerdict = good === bad ? 'not shown' : good ? 'confirmed' : 'refuted';
  const counted = decided.length > 0 ? decided : known;
  return {
    verdict,
    basis: counted.every(({ basis }) => basis === 'rounds') ? 'rounds' : 'single',
    evidence: [
      ...known.map(({ sentence }) => sentence),
      ...(good && bad ? ['One metric is better and another is worse.'] : []),
    ],
  };
}

/** Completed runs of an unmodified profile. Runs that supply the reported figures of their step come first. */
export function runsOf({ runs }: View, profile: string): RunView[] {
  return runs.filter(({ name, run }) => name === profile && run.outcome.state === 'completed');
}
