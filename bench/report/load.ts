import { workOf } from '../measure/work.ts';
import type { Load, Payload } from '../model/load.ts';
import type { RunPlan } from '../model/plan.ts';
import { scenarioNamed } from '../scenarios/registry.ts';
import { formatBytes, formatCount, formatRate, formatTime } from '../wording/format.ts';
import { capital, counted } from '../wording/words.ts';
import type { View } from './view.ts';

/** Formats the kind of load, as in `closed, 1 in flight` or `open, 8.9k/s, uniform`. */
export function loadText(load: Load | null): string {
  if (load === null) return 'none';
  return load.kind === 'closed'
    ? `closed, ${formatCount(load.inFlight)} in flight`
    : `open, ${formatRate(load.ratePerSecond)}, ${load.arrivals}`;
}

/** Formats the size and type of messages, as in `64 B text` or `64 B to 16 KiB binary`. */
export function payloadText({ minBytes, maxBytes, type }: Payload): string {
  const from = minBytes === maxBytes ? '' : `${formatBytes(minBytes)} to `;
  return `${from}${formatBytes(maxBytes)} ${type}`;
}

/** Sentence that describes the load of all variants, or states that it differs between them. */
export function loadSentence({ steps }: View): string {
  const plans = steps.flatMap(({ runs }) => runs.map(({ run }) => run.plan));
  const whole = new Set(plans.map(commonOf));
  const loads = steps.map(({ step, runs }) => {
    const texts = new Set(runs.map(({ run }) => loopText(run.plan)).filter((text) => text !== ''));
    return { step, texts: [...texts] };
  });
  const [only] = whole;
  if (only === undefined) return 'No run finished.';
  if (whole.size > 1 || loads.some(({ texts }) => texts.length > 1))
    return 'The load differs between runs: see the plan.';
  const told = loads.filter(({ texts }) => texts.length > 0);
  if (told.length === 0) return only;
  return `${only} ${capital(told.map(({ step, texts }) => `${step}: ${texts.join()}`).join('; '))}.`;
}

function loopText(plan: RunPlan): string {
  const { load } = plan.workload;
  if (load === null) return '';
  if (load.kind === 'closed')
    return workOf({ plan }) === 'handshakes'
      ? `closed loop, ${counted(load.inFlight, 'handshake')} in progress`
      : `closed loop, ${counted(load.inFlight, 'message')} in flight per connection`;
  return `open loop at ${formatRate(load.ratePerSecond)} (${load.arrivals} arrivals)`;
}

function commonOf(plan: RunPlan): string {
  const { workload, connections, durationMs } = plan;
  if (workOf({ plan }) === 'handshakes')
    return `Connections are opened and closed, at most ${formatCount(connections)} at a time, during a steady phase of ${formatTime(durationMs * 1000)}.`;
  if (workload.load === null)
    return `${formatCount(connections)} WebSockets: ${scenarioNamed(workload.scenario).title.toLowerCase()}.`;
  const { declared } = scenarioNamed(workload.scenario);
  const messages = declared?.usesPayload === false ? '' : `${payloadText(workload.payload)} messages, `;
  return `${formatCount(connections)} WebSockets, ${messages}${formatTime(durationMs * 1000)} steady phase.`;
}
