import type { PhaseTimes } from '../measure/recorder.ts';
import type { Workload } from '../model/load.ts';
import type { WorkerTotals } from '../model/run.ts';
import type { Target } from '../model/target.ts';
import type { Turns } from '../model/turns.ts';
import type { Route } from './connections/route.ts';

/** What one generator worker has to do; plain values that survive JSON, for that is all some engines send. */
export interface WorkerPlan {
  /** The machine that the worker runs on, by a name that no other of the run has. */
  host: string;
  worker: number;
  workers: number;
  /** `monotonicNs()` (clock.ts) at the run's epoch, in decimal: JSON has no such numbers. */
  epochNs: string;
  /** Connections of this worker. */
  connections: number;
  /** Connection n of this worker goes to port n modulo their number. */
  target: Target;
  /** All workers of a run have the same, and take connection by connection from them (see source.ts). */
  sourceAddresses: string[];
  sourcePorts: number[];
  /** Share of this worker; 0: only bounded by `pendingHandshakes`. */
  rampPerSecond: number;
  pendingHandshakes: number;
  workload: Workload;
  echoTimeoutMs: number;
  connectTimeoutMs: number;
  client: 'lean' | 'ws';
  /** How an open loop waits for the next message; null in a closed loop. */
  pacing: 'spin' | 'sleep' | null;
  /** Null: it may send all the time. */
  turns: Turns | null;
  seed: number;
}

/** Runner → generator worker. */
export type WorkerCommand =
  | { type: 'connect'; plan: WorkerPlan }
  | { type: 'start'; times: PhaseTimes }
  /** Send nothing more, hand out what was recorded, end. */
  | { type: 'stop' }
  /** Close all connections and exit. */
  | { type: 'leave' };

/** Generator worker → runner, in this order; recordings come all along, and not all need to arrive. */
export type WorkerReport =
  | { type: 'ready' }
  /** See recording-bytes.ts; in base64, because JSON has no bytes. */
  | { type: 'recording'; base64: string }
  /** Every handshake is over: when the first began and the last ended, whole µs since the run's epoch. */
  | { type: 'connected'; startUs: number; endUs: number }
  /** Its last connection is gone, and its schedule goes on: every message that falls due counts as unsent. */
  | { type: 'deserted' }
  /** `recordings`: how many it has handed out. */
  | { type: 'done'; totals: WorkerTotals; routes: Route[]; recordings: number };
