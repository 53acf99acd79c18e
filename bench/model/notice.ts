import * as v from 'valibot';

/** Something a reader of the figures should know. A warning is data in the result, not a line on a terminal. */
export const noticeSchema = v.strictObject({
  level: v.picklist(['info', 'warning']),
  /** Short and stable, for programs: `preflight-workers`, `h2-not-used`, `conservation`. */
  code: v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/)),
  /** One or two sentences for the user, with the figure behind them. */
  text: v.string(),
});
export type Notice = v.InferOutput<typeof noticeSchema>;
