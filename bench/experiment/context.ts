import type { Coordinator, ProxyWatch } from '../load/coordinator.ts';
import type { BenchEvent } from '../model/event.ts';
import type { Run, RunProcess } from '../model/run.ts';
import type { PlannedRun } from '../plan/plan.ts';
import type { VariantProxy } from '../topology/driver.ts';
import type { TopologyPlaces } from '../topology/placed.ts';
import type { Warden } from '../topology/warden.ts';
import type { Place } from './turns.ts';

/** The signals that stop an experiment, and the hooks for tests and benchmarks. */
export interface RunControl {
  /** When aborted, stops the experiment gracefully. The measurements so far are still saved. */
  signal: AbortSignal;
  /** When aborted, kills all processes that are still running. */
  urgent: AbortSignal;
  /**
   * Called once per run with its processes, when all of them are running and before the first connection
   * opens.
   */
  onProcesses?(processes: readonly RunProcess[]): void;
  /** Starts the generator on other hosts; missing if the runner's own host generates the load. */
  coordinator?: Coordinator;
  /** Starts parts of the topology on other hosts; missing if the runner's own host starts all of it. */
  places?: TopologyPlaces;
  /** Watches the Nginx behind an external target; missing if none is observed. */
  proxyWatch?: ProxyWatch;
  /** Additional command-line arguments for the echo servers. */
  serverArguments?: readonly string[];
}

/** A planned run, with everything needed to execute it. */
export interface RunContext extends PlannedRun, RunControl {
  /** The proxy under test; null for the profile `direct`. */
  proxy: VariantProxy | null;
  warden: Warden;
  /** Coordinates this run with the others it is interleaved with; null if it has the machine to itself. */
  place: Place | null;
  /** Number of CPUs that the run's processes may use, which is not always an integer under a CPU quota. */
  cpus: number;
  /** Lowest and highest source port for connections, both inclusive. */
  portRange: readonly [number, number];
  emit(event: BenchEvent): Promise<void>;
  /** Saves the run's results so far, in case the bench is killed. */
  saveSoFar(run: Run): Promise<void>;
}
