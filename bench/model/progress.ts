import type { Phase } from './load.ts';

/** What a person sees while it runs; about once a second, and at every change of phase. */
export interface Progress {
  /** From 1. */
  run: number;
  runs: number;
  profile: string;
  phase: 'set-up' | 'http' | Phase | 'tear-down';
  elapsedUs: number;
  connections: { asked: number; open: number; failed: number };
  /** Of the last second. */
  messagesPerSecond: number;
  /** Service time (closed loop) or response time (open loop) of the last second; null without samples. */
  p50Us: number | null;
  p99Us: number | null;
  lost: number;
}
