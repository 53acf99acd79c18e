import type { HttpCounts, HttpPart } from './counted.ts';
import { type HttpLegPlan, runHttpLeg } from './http-leg.ts';
import { type ScheduledRequests, type SchedulePlan, sendOnSchedule } from './scheduled.ts';

/** Commands from the runner to this process: a plan of requests to send, or `stop` to end a schedule. */
export type HttpCommand = HttpLegPlan | SchedulePlan | 'stop';
export type HttpReport = HttpCounts | HttpPart;

let running: ScheduledRequests | null = null;

/**
 * Entry point of the process that sends HTTP requests. It receives a plan over IPC. Requests in a closed loop are
 * reported once, at the end; requests on a schedule are reported every second.
 */
process.on('message', async (command: HttpCommand) => {
  if (command === 'stop') running?.stop();
  else if ('ratePerSecond' in command) running = sendOnSchedule(command, send);
  else send(await runHttpLeg(command));
});
process.on('disconnect', () => process.exit(0));

function send(report: HttpReport): void {
  process.send?.(report);
}
