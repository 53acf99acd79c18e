import * as v from 'valibot';

/** Whole numbers from 0: counts, bytes, microseconds. */
export const count = v.pipe(v.number(), v.finite(), v.integer(), v.minValue(0));
/** Finite numbers from 0: rates, shares. */
export const amount = v.pipe(v.number(), v.finite(), v.minValue(0));

/**
 * How work arrives. `closed`: a connection sends its next message when the echo of the last has arrived, with at
 * most `inFlight` unanswered. `open`: messages are due on a schedule fixed in advance.
 */
export const loadSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('closed'), inFlight: v.pipe(count, v.minValue(1)) }),
  v.strictObject({
    kind: v.literal('open'),
    /** Over all connections of all generator workers. */
    ratePerSecond: v.pipe(amount, v.gtValue(0)),
    arrivals: v.picklist(['uniform', 'poisson']),
  }),
]);
export type Load = v.InferOutput<typeof loadSchema>;

/** The content of messages. The size is drawn uniformly from minBytes to maxBytes, inclusive. */
export const payloadSchema = v.strictObject({
  minBytes: count,
  maxBytes: count,
  type: v.picklist(['text', 'binary']),
});
export type Payload = v.InferOutput<typeof payloadSchema>;

/** What the connections do, with one member per scenario. */
export const workloadSchema = v.variant('scenario', [
  /** Every open connection sends messages. Each echo is checked for content and order. */
  v.strictObject({ scenario: v.literal('echo'), load: loadSchema, payload: payloadSchema }),
]);
export type Workload = v.InferOutput<typeof workloadSchema>;

/** A label on time: connect → warm-up → steady → drain. */
export const PHASES = ['connect', 'warm-up', 'steady', 'drain'] as const;
export type Phase = (typeof PHASES)[number];
export const phaseSchema = v.picklist(PHASES);
