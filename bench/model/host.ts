import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Valid agent names. The name is part of NATS subjects, in which dots and wildcards have a special meaning. */
export const AGENT_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;

/** A host whose agent ran generator workers of a run. */
export const generatorHostSchema = v.strictObject({
  /** Name of its agent. */
  name: v.pipe(v.string(), v.regex(AGENT_NAME)),
  /** Number of CPUs that its agent may use. */
  cpus: count,
  /** Whether it is the runner's machine, so that its generator competes with the other processes. */
  isRunners: v.boolean(),
  /** Indexes of its workers within the run. */
  workers: v.array(count),
  /** Send lag of its workers in the steady phase, as an encoded histogram; null if none, as in a closed loop. */
  sendLag: v.nullable(v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/=]*$/))),
  /** Its clock compared with the runner's. */
  clock: v.strictObject({
    /** Largest possible error of the offset between the two clocks: half of the shortest round trip, in µs. */
    errorUs: count,
    /** How much the offset changed from before the run to after it, in µs; null if the agent was lost meanwhile. */
    driftUs: v.nullable(v.pipe(v.number(), v.integer())),
  }),
});
export type GeneratorHost = v.InferOutput<typeof generatorHostSchema>;
