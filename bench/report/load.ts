import type { Load, Payload } from '../model/load.ts';
import type { RunPlan } from '../model/plan.ts';
import { formatBytes, formatCount, formatRate, formatTime } from './page/format.ts';
import type { View } from './view.ts';
import { capital } from './words.ts';

/** `closed, 1 in flight` or `open, 8.9k/s, uniform`. */
export function loadText(load: Load): string {
  return load.kind === 'closed'
    ? `closed, ${formatCount(load.inFlight)} in flight`
    : `open, ${formatRate(load.ratePerSecond)}, ${load.arrivals}`;
}

/** `64 B text`, `64 B to 16 KiB binary`. */
export function payloadText({ minBytes, maxBytes, type }: Payload): string {
  const from = minBytes === maxBytes ? '' : `${formatBytes(minBytes)} to `;
  return `${from}${formatBytes(maxBytes)} ${type}`;
}

/** The load on the variants, in a sentence if it is the same for all; otherwise says that it differs. */
export function loadSentence({ steps }: View): string {
  const plans = steps.flatMap(({ runs }) => runs.map(({ run }) => run.plan));
  const whole = new Set(plans.map(commonOf));
  const loads = steps.map(({ step, runs }) => {
    const texts = new Set(runs.map(({ run }) => loopText(run.plan.workload.load)));
    return { step, texts: [...texts] };
  });
  const [only] = whole;
  if (only === undefined) return 'No run ended.';
  if (whole.size > 1 || loads.some(({ texts }) => texts.length > 1))
    return 'The runs differ in their load: see the plan.';
  return `${only} ${capital(loads.map(({ step, texts }) => `${step} in ${texts.join()}`).join(', '))}.`;
}

function loopText(load: Load): string {
  return load.kind === 'closed'
    ? `a closed loop with ${formatCount(load.inFlight)} in flight each`
    : `an open loop at ${formatRate(load.ratePerSecond)} (${load.arrivals})`;
}

function commonOf({ workload, connections, durationMs }: RunPlan): string {
  return `${formatCount(connections)} WebSockets, messages of ${payloadText(workload.payload)}, ${formatTime(durationMs * 1000)} steady.`;
}
