import type { PhaseTimes } from '../measure/recorder.ts';
import type { RunPlan } from '../model/plan.ts';
import type { WorkerId } from '../model/recording.ts';
import type { WorkerTotals } from '../model/run.ts';
import type { Target } from '../model/target.ts';
import type { Behaviour } from './behaviour.ts';
import type { Route } from './connections/route.ts';

/** The part of a run's plan shared by all generator workers. */
export type LoadPlan = Pick<
  RunPlan,
  | 'step'
  | 'workload'
  | 'target'
  | 'connections'
  | 'workers'
  | 'openingStages'
  | 'client'
  | 'carrier'
  | 'pacing'
  | 'turns'
  | 'timeline'
  | 'seed'
  | 'echoTimeoutMs'
  | 'connectTimeoutMs'
  | 'sourceAddresses'
>;

/**
 * Plan for one generator worker. It contains only values that JSON can represent, because some engines cannot
 * send anything else between processes.
 */
export interface WorkerPlan {
  id: WorkerId;
  runPlan: LoadPlan;
  behaviour: Behaviour;
  /** Absolute path of the user's scenario file; null if the scenario is built in. */
  scenarioFile: string | null;
  /**
   * Value of `monotonicNs()` (clock.ts) at the run's epoch, as a decimal string, because JSON cannot
   * represent such large numbers exactly.
   */
  epochNs: string;
  /** Number of connections that this worker opens before the load. */
  connections: number;
  /** Addresses of each echo server, in the format of Nginx's $upstream_addr. */
  servers: string[][];
  /** Where to connect. Connection n of this worker uses the port at index n modulo the number of ports. */
  target: Target;
  /**
   * Source ports, identical for all workers of a run. The workers divide them up by connection number (see
   * source.ts).
   */
  sourcePorts: number[];
  /** This worker's share of connections opened per second; 0 if only `pendingHandshakes` limits the rate. */
  rampPerSecond: number;
  pendingHandshakes: number;
}

/** Commands from the runner to a generator worker. */
export type WorkerCommand =
  | { type: 'connect'; plan: WorkerPlan }
  /** Opens the next batch of connections, if the plan opens connections in several batches. */
  | { type: 'connect-more' }
  | { type: 'start'; times: PhaseTimes }
  /** Drops all connections immediately. */
  | { type: 'cut' }
  /** Makes the slow clients stop reading, or read again. */
  | { type: 'stall' | 'resume' }
  /** Stops sending, emits the data recorded so far, and finishes. */
  | { type: 'stop' }
  /** Closes all connections and exits. */
  | { type: 'leave' };

/**
 * Reports from a generator worker to the runner, in the order in which they are sent. Recordings are sent
 * throughout the run, and some may be lost.
 */
export type WorkerReport =
  | { type: 'ready' }
  /** A recording as encoded by recording-bytes.ts, in base64 because JSON has no binary type. */
  | { type: 'recording'; base64: string }
  /**
   * Sent when all handshakes of this batch have ended and the scenario has completed its actions for newly
   * opened connections. Contains the start of the first handshake and the end of the last, in whole µs since
   * the run's epoch, and the number of open connections.
   */
  | { type: 'connected'; startUs: number; endUs: number; open: number }
  /**
   * Sent when no open connection is left although the schedule continues. Every message that becomes due from
   * then on counts as unsent.
   */
  | { type: 'deserted' }
  /** `recordings` is the number of recordings that the worker emitted. */
  | { type: 'done'; totals: WorkerTotals; routes: Route[]; recordings: number };
