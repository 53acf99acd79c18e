import { type HttpLegPlan, runHttpLeg } from './http-leg.ts';

/**
 * Entry point of the process that runs the HTTP leg. It receives a plan over IPC and sends back the counts.
 */
process.on('message', async (plan: HttpLegPlan) => {
  process.send?.(await runHttpLeg(plan));
});
process.on('disconnect', () => process.exit(0));
