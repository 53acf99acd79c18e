import type { PhaseTimes } from '../measure/recorder.ts';
import type { Workload } from '../model/load.ts';
import type { WorkerTotals } from '../model/run.ts';
import type { Target } from '../model/target.ts';
import type { Turns } from '../model/turns.ts';
import type { Route } from './connections/route.ts';

/** The task of one generator worker. Plain values that survive JSON, the only format that some engines can send. */
export interface WorkerPlan {
  /** The machine on which the worker runs, by a name unique in the run. */
  host: string;
  worker: number;
  workers: number;
  /** `monotonicNs()` (clock.ts) at the run's epoch, in decimal, because JSON has no such large numbers. */
  epochNs: string;
  /** Connections of this worker. */
  connections: number;
  /** Connection n of this worker goes to port n modulo the number of ports. */
  target: Target;
  /** The same for all workers of a run, which divide them by connection number (see source.ts). */
  sourceAddresses: string[];
  sourcePorts: number[];
  /** This worker's share; 0 if limited only by `pendingHandshakes`. */
  rampPerSecond: number;
  pendingHandshakes: number;
  workload: Workload;
  echoTimeoutMs: number;
  connectTimeoutMs: number;
  client: 'lean' | 'ws';
  /** How an open loop waits for the next message; null in a closed loop. */
  pacing: 'spin' | 'sleep' | null;
  /** Null if it may send all the time. */
  turns: Turns | null;
  seed: number;
}

/** Runner → generator worker. */
export type WorkerCommand =
  | { type: 'connect'; plan: WorkerPlan }
  | { type: 'start'; times: PhaseTimes }
  /** Stop sending, emit what was recorded, and end. */
  | { type: 'stop' }
  /** Close all connections and exit. */
  | { type: 'leave' };

/** Generator worker → runner, in this order. Recordings are sent throughout, and not all of them need to arrive. */
export type WorkerReport =
  | { type: 'ready' }
  /** See recording-bytes.ts; in base64, because JSON has no bytes. */
  | { type: 'recording'; base64: string }
  /** Every handshake is over. When the first began and the last ended, in whole µs since the run's epoch. */
  | { type: 'connected'; startUs: number; endUs: number }
  /** The last connection is gone but the schedule continues: every message that falls due counts as unsent. */
  | { type: 'deserted' }
  /** `recordings`: how many were emitted. */
  | { type: 'done'; totals: WorkerTotals; routes: Route[]; recordings: number };
