import * as v from 'valibot';
import { count } from './load.ts';

/**
 * What can be done to a topology in the middle of a run. `reload`: SIGHUP to the proxy.
 * `kill-proxy-workers`: SIGKILL to each of its workers, which its master replaces. `cut-clients`: every client drops its
 * connection. `stop-server` and
 * `continue-server`: an echo server stands still and goes on. `kill-server`: it dies.
 */
export const actionSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('reload') }),
  v.strictObject({ kind: v.literal('kill-proxy-workers') }),
  v.strictObject({ kind: v.literal('cut-clients') }),
  v.strictObject({ kind: v.literal('kill-server'), server: count }),
  v.strictObject({ kind: v.literal('stop-server'), server: count }),
  v.strictObject({ kind: v.literal('continue-server'), server: count }),
]);
export type Action = v.InferOutput<typeof actionSchema>;

/** Actions in the order of their times, in ms since the start of the warm-up. */
export const timelineSchema = v.array(v.strictObject({ atMs: count, action: actionSchema }));
export type Timeline = v.InferOutput<typeof timelineSchema>;

/** An action as it was carried out: when, in µs since the run's epoch, and what kept it from being done. */
export const doneActionSchema = v.strictObject({
  action: actionSchema,
  atUs: count,
  /** Null if it was done. */
  failure: v.nullable(v.string()),
});
export type DoneAction = v.InferOutput<typeof doneActionSchema>;
