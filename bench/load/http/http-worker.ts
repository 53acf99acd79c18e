import { type HttpLegPlan, runHttpLeg } from './http-leg.ts';

/** Entry point of the process that runs the HTTP leg: a plan comes over IPC, the counts go back. */
process.on('message', async (plan: HttpLegPlan) => {
  process.send?.(await runHttpLeg(plan));
});
process.on('disconnect', () => process.exit(0));
