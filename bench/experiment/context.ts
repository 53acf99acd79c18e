import type { BenchEvent } from '../model/event.ts';
import type { Notice } from '../model/finding.ts';
import type { RunPlan } from '../model/plan.ts';
import type { Profile } from '../model/profile.ts';
import type { Run, RunProcess } from '../model/run.ts';
import type { Variant } from '../model/variant.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import type { Warden } from '../topology/warden.ts';
import type { Place } from './turns.ts';

/** What a run needs. */
export interface RunContext {
  plan: RunPlan;
  profile: Profile;
  variant: Variant;
  /** Of the preflight. */
  notices: Notice[];
  /** Null in the profile `direct`. */
  binary: NginxBinary | null;
  warden: Warden;
  /** Among the runs that it takes turns with; null where it has the machine to itself. */
  place: Place | null;
  /** CPUs that the processes of the run may use up; a fraction under a quota. */
  cpus: number;
  /** Ports that connections may come from, both ends included. */
  portRange: readonly [number, number];
  /** Stop in order, and keep what was measured. */
  signal: AbortSignal;
  /** Kill at once. */
  urgent: AbortSignal;
  emit(event: BenchEvent): Promise<void>;
  /** Saves what there is of the run while it goes on, should the bench be killed. */
  saveSoFar(run: Run): Promise<void>;
  /** Called once, when all processes of the topology run and the first connection is about to open. */
  onProcesses?(processes: readonly RunProcess[]): void;
  /** More arguments for the echo servers. */
  serverArguments?: readonly string[];
}
