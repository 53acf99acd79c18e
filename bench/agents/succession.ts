import type { OtherHosts } from '../model/other-hosts.ts';

/** Starts runs one after another, because an agent carries out only one run at a time. */
export interface Succession<Plan, Run extends OtherHosts> {
  start(plan: Plan): Promise<Run>;
  /** Ends the last run, unless it has already been ended. */
  close(): Promise<void>;
}

/**
 * A run that fails before its load begins may never be ended. In that case, it is ended when the next run
 * starts.
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
