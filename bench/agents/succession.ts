import type { OtherHosts } from '../model/other-hosts.ts';

/** Starts runs one after another, because an agent carries out only one run at a time. */
export interface Succession<Plan, Run extends OtherHosts> {
  start(plan: Plan): Promise<Run>;
  /** Ends the current run, if any. */
  close(): Promise<void>;
}

/** Ends each run before the next one starts, because a run that failed before its load may not have been ended. */
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
