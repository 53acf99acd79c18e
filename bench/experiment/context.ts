import type { BenchEvent } from '../model/event.ts';
import type { Run, RunProcess } from '../model/run.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import type { PlannedRun } from '../plan/plan.ts';
import type { Warden } from '../topology/warden.ts';
import type { Place } from './turns.ts';

/** What stops the runs of an experiment, and what a test or a bench does to them. */
export interface RunControl {
  /** Stop in order, and keep what was measured. */
  signal: AbortSignal;
  /** Kill what still runs. */
  urgent: AbortSignal;
  /** The processes of each run: called when all of them run and the first connection is about to open. */
  onProcesses?(processes: readonly RunProcess[]): void;
  /** More arguments for the echo servers. */
  serverArguments?: readonly string[];
}

/** A planned run with all that it takes to execute it. */
export interface RunContext extends PlannedRun, RunControl {
  /** Null in the profile `direct`. */
  binary: NginxBinary | null;
  warden: Warden;
  /** Among the runs that it takes turns with; null where it has the machine to itself. */
  place: Place | null;
  /** CPUs that the processes of the run may use up; a fraction under a quota. */
  cpus: number;
  /** Ports that connections may come from, both ends included. */
  portRange: readonly [number, number];
  emit(event: BenchEvent): Promise<void>;
  /** Saves what there is of the run while it goes on, should the bench be killed. */
  saveSoFar(run: Run): Promise<void>;
}
