import type { PhaseTimes } from '../measure/recorder.ts';
import type { RunPlan } from '../model/plan.ts';
import type { WorkerId } from '../model/recording.ts';
import type { WorkerTotals } from '../model/run.ts';
import type { Target } from '../model/target.ts';
import type { Route } from './connections/route.ts';

/** What all generator workers of a run have in common, as the plan of the run has it. */
export type LoadPlan = Pick<
  RunPlan,
  | 'step'
  | 'workload'
  | 'workers'
  | 'openingStages'
  | 'client'
  | 'pacing'
  | 'turns'
  | 'timeline'
  | 'seed'
  | 'echoTimeoutMs'
  | 'connectTimeoutMs'
  | 'sourceAddresses'
>;

/** The task of one generator worker. Plain values that survive JSON, the only format that some engines can send. */
export interface WorkerPlan {
  id: WorkerId;
  runPlan: LoadPlan;
  /** `monotonicNs()` (clock.ts) at the run's epoch, in decimal, because JSON has no such large numbers. */
  epochNs: string;
  /** Connections of this worker. */
  connections: number;
  /** Connection n of this worker goes to port n modulo the number of ports. */
  target: Target;
  /** The same for all workers of a run, which divide them by connection number (see source.ts). */
  sourcePorts: number[];
  /** This worker's share; 0 if limited only by `pendingHandshakes`. */
  rampPerSecond: number;
  pendingHandshakes: number;
}

/** Runner → generator worker. */
export type WorkerCommand =
  | { type: 'connect'; plan: WorkerPlan }
  /** Open the next part of the connections, if the plan has several. */
  | { type: 'connect-more' }
  | { type: 'start'; times: PhaseTimes }
  /** Drop all connections at once. */
  | { type: 'cut' }
  /** Stop sending, emit what was recorded, and end. */
  | { type: 'stop' }
  /** Close all connections and exit. */
  | { type: 'leave' };

/** Generator worker → runner, in this order. Recordings are sent throughout, and not all of them need to arrive. */
export type WorkerReport =
  | { type: 'ready' }
  /** See recording-bytes.ts; in base64, because JSON has no bytes. */
  | { type: 'recording'; base64: string }
  /** Every handshake of this part is over, and what the scenario does on opening is done. When the first began and the last ended, in whole µs since the run's epoch, and how many are open. */
  | { type: 'connected'; startUs: number; endUs: number; open: number }
  /** The last connection is gone but the schedule continues: every message that falls due counts as unsent. */
  | { type: 'deserted' }
  /** `recordings`: how many were emitted. */
  | { type: 'done'; totals: WorkerTotals; routes: Route[]; recordings: number };
