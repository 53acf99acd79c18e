import * as v from 'valibot';

/** Non-negative integers: counts, bytes, microseconds. */
export const count = v.pipe(v.number(), v.finite(), v.integer(), v.minValue(0));
/** Non-negative finite numbers, such as rates and shares. */
export const amount = v.pipe(v.number(), v.finite(), v.minValue(0));

/**
 * How messages are generated. In a `closed` loop, each connection has at most `inFlight` unanswered messages,
 * and sends the next one when an echo has arrived. In an `open` loop, messages are due on a schedule fixed in
 * advance.
 */
export const loadSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('closed'), inFlight: v.pipe(count, v.minValue(1)) }),
  v.strictObject({
    kind: v.literal('open'),
    /** Total rate over all connections of all generator workers. */
    ratePerSecond: v.pipe(amount, v.gtValue(0)),
    arrivals: v.picklist(['uniform', 'poisson']),
  }),
]);
export type Load = v.InferOutput<typeof loadSchema>;

/** Load options for all steps of an invocation, for closed and open loops. */
export interface LoadOptions {
  /** Closed loop: maximum number of unanswered messages per connection, or of handshakes in progress. */
  inFlight: number;
  /** Open loop: message rate over all connections; null to derive it from a closed-loop step. */
  ratePerSecond: number | null;
  /** Open loop: spacing of messages. */
  arrivals: 'uniform' | 'poisson';
}

/**
 * Builds the load of a step from its kind; null if the step has no load.
 *
 * @param ratePerSecond rate of an open loop, which may have been derived from a closed-loop step
 */
export function loadOf(
  kind: Load['kind'] | null,
  { inFlight, arrivals }: LoadOptions,
  ratePerSecond: number,
): Load | null {
  if (kind === null) return null;
  return kind === 'closed' ? { kind, inFlight } : { kind, ratePerSecond, arrivals };
}

/** Returns the message rate that an open loop offers; null for any other load. */
export function ratePerSecondOf(load: Load | null): number | null {
  return load?.kind === 'open' ? load.ratePerSecond : null;
}

/**
 * Returns the maximum number of unanswered messages per connection: one unless a closed loop specifies more.
 */
export function inFlightOf(load: Load | null): number {
  return load?.kind === 'closed' ? load.inFlight : 1;
}

/** Message size and type. Sizes are drawn uniformly from minBytes to maxBytes, inclusive. */
export const payloadSchema = v.strictObject({
  minBytes: count,
  maxBytes: count,
  type: v.picklist(['text', 'binary']),
});
export type Payload = v.InferOutput<typeof payloadSchema>;

/** Name of a scenario, which is also the name of its folder. */
export const scenarioName = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,39}$/));

/** Values of a scenario's options, by name. Each is a duration in ms or a word. */
export const scenarioOptionsSchema = v.record(
  v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,39}$/)),
  v.union([amount, v.string()]),
);
export type ScenarioOptions = v.InferOutput<typeof scenarioOptionsSchema>;

/** The work done by the connections. */
export const workloadSchema = v.strictObject({
  scenario: scenarioName,
  /** Message load on the connections; null if the scenario has no message loop. */
  load: v.nullable(loadSchema),
  payload: payloadSchema,
  /** Scenario options; empty in older results, whose scenarios had no options. */
  options: v.optional(scenarioOptionsSchema, {}),
});
export type Workload = v.InferOutput<typeof workloadSchema>;

/** The phases of a run, in order: connect → warm-up → steady → drain. */
export const PHASES = ['connect', 'warm-up', 'steady', 'drain'] as const;
export type Phase = (typeof PHASES)[number];
export const phaseSchema = v.picklist(PHASES);
