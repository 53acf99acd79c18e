import { Problem } from '../model/failure.ts';
import { number } from './given.ts';
import { Incomplete } from './incomplete.ts';
import type { GivenOptions } from './options.ts';
import type { RunRequest } from './run.ts';
import { stepsWith } from './scenario.ts';

/** Default limit on connections, and on messages or handshakes per second, for another host. */
const USUAL_LIMIT = 100;

/**
 * Limits the load on another host. Defaults above the limit are lowered to it; values that the user gave are
 * rejected if they exceed it, so that a command line written for this machine cannot overload another one by
 * accident.
 *
 * @throws Problem('usage') if the load exceeds the limit or is not limited at all
 */
export function withinLimit(request: RunRequest, given: GivenOptions): RunRequest {
  const limit = number(given, 'remote-limit', { min: 1, max: 1_000_000 }) ?? USUAL_LIMIT;
  const { scenario, scenarioOptions, steps } = request;
  const [closed] = stepsWith('closed', scenario).filter((step) => steps.includes(step));
  if (closed !== undefined) {
    throw new Incomplete(
      `The ${closed} step sends as fast as it can, which is not allowed on another host. Set a rate instead, for example --rate ${limit}.`,
      { rate: String(limit) },
    );
  }
  const actions = steps.flatMap((step) => scenario.timeline(step, scenarioOptions, 1));
  if (actions.some(({ action }) => action.kind === 'cut-clients')) {
    throw new Problem(
      'usage',
      `--scenario ${scenario.name} makes all clients reconnect at once, which is not allowed on another host. Run it against a server on this machine.`,
    );
  }
  const connections = given.has('connections') ? request.connections : Math.min(request.connections, limit);
  const { 'ping-every': everyMs, ping } = scenarioOptions;
  const asked: Record<string, number | null> = {
    connections,
    rate: request.load.ratePerSecond,
    ramp: request.rampPerSecond,
    'ping-every': ping === 'client' ? (connections * 1e3) / Number(everyMs) : null,
  };
  for (const [option, amount] of Object.entries(asked)) {
    if (amount === null || amount <= limit) continue;
    const what = option === 'connections' ? 'connections' : 'per second';
    throw new Problem(
      'usage',
      `--${option} exceeds the limit of ${limit} ${what} for another host. Use a lower load, or raise the limit if you are allowed to: --remote-limit ${Math.ceil(amount)}.`,
    );
  }
  return { ...request, connections, rampPerSecond: request.rampPerSecond || limit };
}
