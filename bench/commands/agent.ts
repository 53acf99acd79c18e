import type { AgentRequest } from '../request/agent.ts';
import type { StoppableContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';

/** Runs an agent until the user interrupts it, which is how the command normally ends. */
export async function agent(
  request: AgentRequest,
  { terminal: { say }, services, interruption: { signal, urgent } }: StoppableContext<'serveAgent'>,
): Promise<ExitCode> {
  await services.serveAgent(request, { say, signal, urgent });
  return EXIT.done;
}
