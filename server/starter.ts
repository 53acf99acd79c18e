import type { ServerOptions } from './options.ts';
import type { RunningServer } from './running.ts';

/** True where this process runs on Bun. */
export const ON_BUN = process.versions.bun !== undefined;

/** What starts a server of this kind on the engine that runs this process; the others are not loaded. */
export async function starterOf(
  kind: ServerOptions['kind'],
): Promise<(options: ServerOptions) => Promise<RunningServer>> {
  if (kind === 'ws') return (await import('./ws-server.ts')).startWsServer;
  if (ON_BUN) return (await import('./lean-server-bun.ts')).startLeanServerOnBun;
  return (await import('./lean-server.ts')).startLeanServer;
}
