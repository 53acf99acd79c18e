import type { ServerOptions } from './options.ts';
import type { RunningServer } from './running.ts';

/** Whether this process runs on Bun. */
export const ON_BUN = process.versions.bun !== undefined;

/**
 * Returns the function that starts this kind of server on this process's engine. The modules of the other
 * servers are not loaded.
 */
export async function starterOf(
  kind: ServerOptions['kind'],
): Promise<(options: ServerOptions) => Promise<RunningServer>> {
  if (kind === 'ws') return (await import('./ws-server.ts')).startWsServer;
  if (ON_BUN) return (await import('./lean-server-bun.ts')).startLeanServerOnBun;
  return (await import('./lean-server.ts')).startLeanServer;
}
