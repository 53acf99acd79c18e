import { formatCount } from '../page/format.ts';
import type { RunView, View } from '../view.ts';
import type { Claim, ClaimVerdict, Finding } from './claim.ts';
import { type Effect, effectOf } from './effect.ts';
import { P50, SERVER_CPU, THROUGHPUT } from './figures.ts';

/** What the article says about Nginx itself, in front of a WebSocket server. */
export const upgrade: Claim = {
  id: 'upgrade',
  title: 'Nginx carries WebSockets',
  says: 'A location that passes the upgrade on over HTTP/1.1 is enough for Nginx to stand between WebSocket clients and their server.',
  shownBy:
    'Confirmed where every connection that was asked for opened through Nginx and every message came back as it was sent. Refuted where none opened. Anything between may be a limit of the machine.',
  needs: ['plain'],
  judge: ({ runs }) => {
    const proxied = runs.filter(({ run }) => run.proxy !== null && run.outcome.state === 'completed');
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
        `${formatCount(opened)} of ${formatCount(asked)} connections opened through Nginx, and ${formatCount(echoed)} of ${formatCount(sent)} messages came back, each compared byte by byte, over ${formatCount(proxied.length)} ${proxied.length === 1 ? 'run' : 'runs'}.`,
      ],
    };
  },
};

export const performance: Claim = {
  id: 'performance',
  title: 'Nginx makes WebSockets faster',
  says: 'WebSocket communication performs better with Nginx than without.',
  shownBy:
    'Median response time and throughput with Nginx (plain) beside those without (direct), in the same placement. Confirmed where one is better and none worse, refuted the other way round.',
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
  says: 'A WebSocket server has less to do with Nginx in front of it.',
  shownBy:
    'CPU that the echo server uses for a message with Nginx (plain) beside that without (direct). Confirmed where it is less, refuted where it is more.',
  needs: ['direct', 'plain'],
  judge: (view) => verdictFrom([[effectOf(view, 'direct', 'plain', SERVER_CPU), 'lower']]),
};

/**
 * A verdict from effects and their better directions. It is confirmed if at least one is better and none is worse,
 * and refuted if at least one is worse and none is better.
 */
export function verdictFrom(
  effects: readonly (readonly [effect: Effect | null, better: 'higher' | 'lower'])[],
): Finding | null {
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
      ...(good && bad ? ['Better in one and worse in another.'] : []),
    ],
  };
}

/** Completed runs of an unmodified profile, starting with those that give the answers. */
export function runsOf({ runs }: View, profile: string): RunView[] {
  return runs.filter(({ name, run }) => name === profile && run.outcome.state === 'completed');
}
