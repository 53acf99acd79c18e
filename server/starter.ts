import type { ServerOptions } from './options.ts';
import type { RunningServer } from './running.ts';

/** True if this process runs on Bun. */
export const ON_BUN = process.versions.bun !== undefined;

/**
 * Returns the function that starts this kind of server on the engine of this process; the others are not
 * loaded.
 */
export async function starterOf(
  kind: ServerOptions['kind'],
): Promise<(options: ServerOptions) => Promise<RunningServer>> {
  if (kind === 'ws') return (await import('./ws-server.ts')).startWsServer;
  if (ON_BUN) return (await import('./lean-server-bun.ts')).startLeanServerOnBun;
  return (await import('./lean-server.ts')).startLeanServer;
}
