import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import type { TestContext } from 'node:test';
import { makeRun } from '../../test/run.ts';
import type { Fleet } from '../load/fleet.ts';
import { makeGate } from '../load/gate.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Outcome, WorkerTotals } from '../model/run.ts';
import type { RunContext } from './context.ts';
import { goThroughPhases, type PhaseContext } from './phases.ts';
import type { Place } from './turns.ts';

const TOTALS: WorkerTotals = { worker: 0, asked: 2, opened: 2, failed: 0 };

export interface Circumstances {
  plan?: Partial<RunPlan>;
  place?: Partial<Place> | null;
  totals?: readonly WorkerTotals[];
  /** Whether the fleet responds to `stop`. */
  stops?: boolean;
  isAborted?: boolean;
  /** What an upgrade of the proxy waits for. */
  upgraded?: Promise<void>;
}

/** Simulates a load whose timers and clock the test controls. Its workers do what the test makes them do. */
export function load(
  t: TestContext,
  {
    plan = {},
    place = null,
    totals = [TOTALS],
    stops = true,
    isAborted = false,
    upgraded,
  }: Circumstances = {},
) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.timers.reset();
    syncBuiltinESMExports();
  });
  let nowUs = 0;
  const log: string[] = [];
  const note = (what: string) => void log.push(`${nowUs / 1e3} ms: ${what}`);
  const [connected, done, unexpected] = [
    makeGate<{ startUs: number; endUs: number }>(),
    makeGate(),
    makeGate<string>(),
  ];
  const signal = new AbortController();
  if (isAborted) signal.abort();
  let hasExited = false;
  const base = makeRun({ seconds: 2, connections: 40 }).plan;
  const whole: RunPlan = { ...base, warmupMs: 1000, openingStages: 2, connectTimeoutMs: 3000, ...plan };
  const fleet: Partial<Fleet> = {
    connect(plans) {
      note(`connect ${plans.length}`);
      return connected.opened;
    },
    run(times) {
      note(`run ${Object.values(times).join(' ')}`);
      return done.opened;
    },
    async stop() {
      note('stop');
      if (!stops) await new Promise(() => {});
    },
    totals: () => [...totals],
  };
  const context: PhaseContext = {
    context: { plan: whole, signal: signal.signal, place } as Partial<RunContext> as RunContext,
    fleet: fleet as Fleet,
    clock: () => nowUs + 0.4,
    sampler: { sampleNow: () => note('sample') } as PhaseContext['sampler'],
    processSet: {
      unexpectedExit: unexpected.opened,
      hasUnexpectedExit: () => hasExited,
    } as Partial<PhaseContext['processSet']> as PhaseContext['processSet'],
    live: { enter: note, note: () => assert.fail(), close: () => assert.fail() },
    on: {
      proxy: {
        reload: () => note('reload'),
        upgrade: () => upgraded ?? assert.fail(),
        processes: async () => [],
      },
      servers: [],
      processSet: { expectExit: () => assert.fail() },
      tellClients: (what) => note(what),
      http: null,
    },
    timeline: [],
    headStartUs: 500_000,
    sampleElsewhere: (timesUs) => note(`elsewhere ${timesUs.join(' ')}`),
    onPartOpen: async () => {},
    handshakes: { startUs: 0, endUs: 0 },
    times: null,
  };
  let outcome: Outcome | null = null;
  const settle = async () => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  const ended = goThroughPhases(context, []).then((how) => {
    outcome = how;
  });
  const pass = async (ms: number) => {
    await settle();
    nowUs += ms * 1e3;
    t.mock.timers.tick(ms);
    await settle();
  };
  return {
    context,
    log,
    pass,
    /** The clock goes on, but timers are late. */
    skip(ms: number) {
      nowUs += ms * 1e3;
    },
    connect: (startUs: number, endUs: number) => connected.open({ startUs, endUs }),
    finish: () => done.open(),
    abort: () => signal.abort(),
    exit(sentence: string) {
      hasExited = true;
      unexpected.open(sentence);
    },
    /** A process has exited, which is reported later. */
    exitSilently() {
      hasExited = true;
      return unexpected;
    },
    ended,
    settle,
    outcome: () => outcome,
    /** Asserts that the load ends in exactly this time. */
    async endsIn(ms: number) {
      await pass(ms - 1);
      assert.equal(outcome, null);
      // The clock counts fractions of a microsecond, by which a limit may be longer.
      await pass(1.001);
      await ended;
      return outcome;
    },
  };
}
