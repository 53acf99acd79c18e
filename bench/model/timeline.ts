import * as v from 'valibot';
import { count } from './load.ts';

/**
 * Actions that can be performed on a topology during a run. `reload` sends SIGHUP to the proxy. `upgrade`
 * replaces the running proxy's binary with the one that the user named, or with itself if `to` is null.
 * `kill-proxy-workers` sends SIGKILL to each proxy worker; the master then starts new ones. `cut-clients`
 * makes every client drop its connection. `stop-server` suspends an echo server and `continue-server` resumes
 * it. `kill-server` kills it and `start-server` starts it again on its old port. `stall-clients` makes
 * slow clients stop reading, and `resume-clients` makes them read again. `start-http` starts HTTP requests
 * alongside the WebSockets, and `stop-http` ends them.
 */
export const actionSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('reload') }),
  v.strictObject({ kind: v.literal('upgrade'), to: v.nullable(v.string()) }),
  v.strictObject({ kind: v.literal('kill-proxy-workers') }),
  v.strictObject({ kind: v.literal('cut-clients') }),
  v.strictObject({ kind: v.literal('stall-clients') }),
  v.strictObject({ kind: v.literal('resume-clients') }),
  v.strictObject({ kind: v.literal('start-http') }),
  v.strictObject({ kind: v.literal('stop-http') }),
  v.strictObject({ kind: v.literal('kill-server'), server: count }),
  v.strictObject({ kind: v.literal('start-server'), server: count }),
  v.strictObject({ kind: v.literal('stop-server'), server: count }),
  v.strictObject({ kind: v.literal('continue-server'), server: count }),
]);
export type Action = v.InferOutput<typeof actionSchema>;

/** Actions in chronological order. Times are in ms since the start of the warm-up. */
export const timelineSchema = v.array(v.strictObject({ atMs: count, action: actionSchema }));
export type Timeline = v.InferOutput<typeof timelineSchema>;

/**
 * An action after it was attempted, with the time at which the attempt ended (in µs since the run's epoch)
 * and any error that prevented the action.
 */
export const doneActionSchema = v.strictObject({
  action: actionSchema,
  atUs: count,
  /** Error message; null if the action succeeded. */
  failure: v.nullable(v.string()),
});
export type DoneAction = v.InferOutput<typeof doneActionSchema>;
