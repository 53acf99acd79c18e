import type { OtherHosts } from '../model/other-hosts.ts';

/** Starts runs one after another, because an agent carries out one at a time. */
export interface Succession<Plan, Run extends OtherHosts> {
  start(plan: Plan): Promise<Run>;
  /** Ends the last run, unless it has already been ended. */
  close(): Promise<void>;
}

/**
 * A run that fails before its load is possibly never ended. In that case, the start of the next run ends it.
 */
export function oneAfterAnother<Plan, Run extends OtherHosts>(
  start: (plan: Plan) => Promise<Run>,
): Succession<Plan, Run> {
  let current: OtherHosts | null = null;
  async function close(): Promise<void> {
    await current?.end();
    current = null;
  }
  return {
    async start(plan) {
      await close();
      const run = await start(plan);
      current = run;
      return {
        ...run,
        end() {
          current = null;
          return run.end();
        },
      };
    },
    close,
  };
}
