import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { type Clock, monotonicNs } from '../load/clock.ts';
import type { Fleet } from '../load/fleet.ts';
import type { WorkerPlan } from '../load/protocol.ts';
import type { PhaseTimes } from '../measure/recorder.ts';
import type { Span } from '../measure/span.ts';
import { workOf } from '../measure/work.ts';
import { PHASES, type Phase } from '../model/load.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Outcome, Run, WorkerTotals } from '../model/run.ts';
import type { DoneAction } from '../model/timeline.ts';
import { type Turns, wallMs } from '../model/turns.ts';
import type { Sampler } from '../observe/sampler.ts';
import { scenarioNamed } from '../scenarios/registry.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import type { RunContext } from './context.ts';
import type { Live } from './live.ts';
import { type ActedOn, carryOut } from './timeline.ts';

/** Added to a worker's own timeouts; a worker that takes longer is considered hung. */
const HUNG_AFTER_MS = 15_000;
const RESPONSE_TIMEOUT_MS = 5_000;

/**
 * Delay between the last handshake of a stage and the memory measurement, so that memory released late is not
 * counted.
 */
export const SETTLE_MS = 500;

/** Data that the phases of a load use and produce. */
export interface PhaseContext {
  context: RunContext;
  fleet: Fleet;
  clock: Clock;
  sampler: Sampler;
  processSet: ProcessSet;
  live: Live;
  /** The processes on which the actions in the plan's timeline act. */
  on: ActedOn;
  /** Actions carried out so far. */
  timeline: DoneAction[];
  /**
   * Delay between the last handshake and the first message. The start command must reach every worker within
   * this time.
   */
  headStartUs: number;
  /** Takes samples on other hosts at the given times, in µs since the epoch. */
  sampleElsewhere(timesUs: readonly number[]): void;
  /** Called after each batch of connections has opened, with the total number of open connections. */
  onPartOpen(open: number): Promise<void>;
  /** Time from the first handshake to the last; its length is zero while connections are opening. */
  handshakes: Span;
  /** Start and end times of the phases; null while connections are opening. */
  times: PhaseTimes | null;
}

/**
 * Runs the phases connect, warm-up, steady and drain. Stops early if the user interrupts or a process dies.
 *
 * @param plans one per generator worker
 */
export async function goThroughPhases(phaseContext: PhaseContext, plans: WorkerPlan[]): Promise<Outcome> {
  const { context, fleet, clock, sampler, processSet, live } = phaseContext;
  const { plan, signal } = context;
  const over = new AbortController();
  const cutShort = interruption(signal, processSet, over.signal);
  const within = async (work: Promise<void>, ms: number, what: string): Promise<Outcome | null> => {
    const late: Outcome = {
      state: 'failed',
      reason: `${what} did not end within ${Math.round(ms / 1000)} s.`,
    };
    const limit = sleep(ms, late, { signal: over.signal }).catch(() => late);
    return Promise.race([work.then(() => null), cutShort, limit]);
  };
  let sampled: Promise<unknown> = Promise.resolve();
  live.enter('connect');
  const connected = fleet.connect(plans, phaseContext.onPartOpen).then((handshakes) => {
    phaseContext.handshakes = handshakes;
  });
  let beginUs = 0;
  let ended = await within(connected, connectLimitMs(plan), 'Opening the connections');
  if (ended === null) {
    sampler.sampleNow();
    beginUs = Math.ceil(clock()) + phaseContext.headStartUs;
    if (context.place !== null) {
      const all = context.place.ready().then((beginNs) => {
        beginUs = Math.round(clock() + Number(beginNs - monotonicNs()) / 1e3);
      });
      ended = await within(all, waitLimitMs(plan), 'The wait for the other interleaved runs');
    }
  }
  if (ended === null) {
    const times = phaseTimes(plan, phaseContext.handshakes.endUs, beginUs);
    phaseContext.times = times;
    const bounds = boundsOf(times, plan.turns);
    phaseContext.sampleElsewhere(bounds.map(({ atUs }) => atUs));
    sampled = Promise.all([
      sampleAtBounds(bounds, clock, sampler, live, over.signal),
      carryOut(
        plan.timeline,
        times.warmUpUs,
        clock,
        phaseContext.on,
        (done) => phaseContext.timeline.push(done),
        over.signal,
      ),
    ]);
    // A connection opened at the end of the load may use its full handshake timeout and then its full echo
    // timeout.
    const timeoutsMs = plan.echoTimeoutMs + (workOf({ plan }) === 'handshakes' ? plan.connectTimeoutMs : 0);
    const ms = (times.drainUs - clock()) / 1e3 + timeoutsMs + HUNG_AFTER_MS;
    ended = await within(fleet.run(times), ms, 'The generator');
  }
  // If a process died, the workers may have finished first, so yield once to let its exit be reported.
  await setImmediate();
  if (ended === null && processSet.hasUnexpectedExit()) ended = await cutShort;
  ended ??= allFailed(fleet.totals(), scenarioNamed(plan.workload.scenario).doubts.includes('losses'));
  if (ended !== null) await Promise.race([fleet.stop(), responseTimeout()]);
  over.abort();
  await sampled;
  return ended ?? { state: 'completed' };
}

/** Start and end of each phase that was reached. `endUs` is the end of the load. */
export function phasesOf({ times, handshakes }: PhaseContext, endUs: number): Run['phases'] {
  const starts = times === null ? [0] : [handshakes.startUs, times.warmUpUs, times.steadyUs, times.drainUs];
  const ends = times === null ? [] : [times.connectedUs, ...starts.slice(2)];
  return PHASES.flatMap((phase, i) => {
    const startUs = starts[i];
    if (startUs === undefined || startUs >= endUs) return [];
    return [{ phase, startUs, endUs: Math.min(ends[i] ?? endUs, endUs) }];
  });
}

/**
 * Returns the failure if a load has lost all of its connections. Null if some are left, or if connections did
 * open and the scenario ends them on purpose.
 */
function allFailed(workers: readonly WorkerTotals[], endIsFault: boolean): Outcome | null {
  const sum = (of: 'asked' | 'opened' | 'failed') => workers.reduce((total, each) => total + each[of], 0);
  const asked = sum('asked');
  if (asked === 0 || sum('failed') < asked || (sum('opened') > 0 && !endIsFault)) return null;
  const reason =
    sum('opened') === 0
      ? asked === 1
        ? 'its only connection did not open.'
        : `none of its ${asked} connections opened.`
      : asked === 1
        ? 'its only connection failed.'
        : `all of its ${asked} connections failed.`;
  return { state: 'failed', reason };
}

/** Time limit for workers that do not respond. Its timer does not keep this process alive. */
export function responseTimeout(): Promise<void> {
  return sleep(RESPONSE_TIMEOUT_MS, undefined, { ref: false });
}

/** Resolves when the user interrupts the run or a process exits unexpectedly. */
function interruption(signal: AbortSignal, processSet: ProcessSet, over: AbortSignal): Promise<Outcome> {
  const stopped = new Promise<Outcome>((resolve) => {
    const stop = () => resolve({ state: 'aborted', reason: 'it was interrupted.' });
    if (signal.aborted) stop();
    else AbortSignal.any([signal, over]).addEventListener('abort', stop, { once: true });
  });
  return Promise.race([
    stopped,
    processSet.unexpectedExit.then((reason): Outcome => ({ state: 'failed', reason })),
  ]);
}

function connectLimitMs({ connections, rampPerSecond, connectTimeoutMs, openingStages }: RunPlan): number {
  const ramp = rampPerSecond === 0 ? connections * 10 : (connections / rampPerSecond) * 2_000;
  return ramp + openingStages * (connectTimeoutMs + SETTLE_MS) + HUNG_AFTER_MS;
}

/**
 * Time limit for waiting for the other interleaved runs. Each of them is allowed as much time for setup and
 * connections as this run.
 */
function waitLimitMs(plan: RunPlan): number {
  return (plan.turns?.of ?? 1) * (connectLimitMs(plan) + HUNG_AFTER_MS);
}

function phaseTimes(
  { warmupMs, durationMs, turns }: RunPlan,
  connectedUs: number,
  warmUpUs: number,
): PhaseTimes {
  const steadyUs = warmUpUs + wallMs(turns, warmupMs) * 1e3;
  return { connectedUs, warmUpUs, steadyUs, drainUs: steadyUs + wallMs(turns, durationMs) * 1e3 };
}

/** A phase, and when the sample at its beginning is due, in µs since the run's epoch. */
interface Bound {
  phase: Phase;
  atUs: number;
}

/**
 * In an interleaved run, each sample is taken in the pause before its boundary, while no run is active.
 * Otherwise, a late timer would attribute the beginning of a turn to the preceding turn.
 */
function boundsOf({ warmUpUs, steadyUs, drainUs }: PhaseTimes, turns: Turns | null): Bound[] {
  const aheadUs = (turns?.pauseMs ?? 0) * 1e3;
  return [
    { phase: 'warm-up', atUs: warmUpUs - aheadUs },
    { phase: 'steady', atUs: steadyUs - aheadUs },
    { phase: 'drain', atUs: drainUs - aheadUs },
  ];
}

/**
 * Takes a sample at each phase boundary, because the figures of a phase are only as precise as the samples
 * there. If a boundary has already passed, its sample is taken late.
 */
async function sampleAtBounds(
  bounds: readonly Bound[],
  clock: Clock,
  sampler: Sampler,
  live: Live,
  over: AbortSignal,
): Promise<void> {
  for (const { phase, atUs } of bounds) {
    await sleep(Math.max(0, (atUs - clock()) / 1e3), undefined, { signal: over }).catch(() => {});
    if (over.aborted && clock() < atUs) return;
    live.enter(phase);
    sampler.sampleNow();
  }
}
