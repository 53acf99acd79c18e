import type { BenchEvent } from '../model/event.ts';
import type { Run, RunProcess } from '../model/run.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import type { PlannedRun } from '../plan/plan.ts';
import type { Warden } from '../topology/warden.ts';
import type { Place } from './turns.ts';

/** Signals that stop an experiment, and hooks for tests and benchmarks. */
export interface RunControl {
  /** Stops the experiment in order and keeps what was measured. */
  signal: AbortSignal;
  /** Kills all processes that still run. */
  urgent: AbortSignal;
  /** Called once per run with its processes, when all of them run and before the first connection opens. */
  onProcesses?(processes: readonly RunProcess[]): void;
  /** Additional arguments for the echo servers. */
  serverArguments?: readonly string[];
}

/** A planned run with everything needed to execute it. */
export interface RunContext extends PlannedRun, RunControl {
  /** Null for the profile `direct`. */
  binary: NginxBinary | null;
  warden: Warden;
  /** The run's place among interleaved runs; null if it has the machine to itself. */
  place: Place | null;
  /** CPUs that the run's processes may use; a fraction under a quota. */
  cpus: number;
  /** Source ports for connections, both ends included. */
  portRange: readonly [number, number];
  emit(event: BenchEvent): Promise<void>;
  /** Saves the run so far, in case the bench is killed. */
  saveSoFar(run: Run): Promise<void>;
}
