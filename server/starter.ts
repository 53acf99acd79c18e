import { type ServerOptions, UsageError } from './options.ts';
import type { RunningServer } from './running.ts';

/** Whether this process runs on Bun. */
export const ON_BUN = process.versions.bun !== undefined;

/**
 * Returns the function that starts a server with these options on this process's engine. The modules of the other
 * servers are not loaded.
 *
 * @throws {UsageError} if the engine or the kind of server does not support the carrier
 */
export async function starterOf({
  kind,
  carrier,
  tls,
}: Pick<ServerOptions, 'kind' | 'carrier' | 'tls'>): Promise<
  (options: ServerOptions) => Promise<RunningServer>
> {
  if (carrier === 'io_uring' && (kind === 'ws' || !ON_BUN))
    throw new UsageError('--carrier io_uring requires --kind lean and Bun. Leave --carrier out.');
  if (kind === 'ws') return (await import('./ws-server.ts')).startWsServer;
  if (carrier === 'io_uring' && tls === null)
    return (await import('./lean-server-ring.ts')).startLeanServerOnRing;
  if (ON_BUN) return (await import('./lean-server-bun.ts')).startLeanServerOnBun;
  return (await import('./lean-server.ts')).startLeanServer;
}
