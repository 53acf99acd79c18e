import type { FailureKind } from '../../model/failure.ts';
import type { Target } from '../../model/target.ts';
import type { Backend } from '../backend.ts';
import { openSocket } from '../client.ts';
import type { UpstreamSeen } from '../observation.ts';

const CLIENTS = 6;

/** Opens WebSockets from several loopback addresses, and counts the servers that they reach. */
export async function trySpread(target: Target, signal: AbortSignal): Promise<UpstreamSeen['spread']> {
  const openings = await Promise.all(
    Array.from({ length: CLIENTS }, (_, index) => openSocket(target, signal, `127.0.0.${index + 2}`)),
  );
  const servers = new Set(openings.flatMap(({ socket }) => (socket === null ? [] : [socket.upstream])));
  for (const { socket } of openings) socket?.drop();
  return servers.size === 0 ? null : { clients: CLIENTS, servers: servers.size };
}

/**
 * Makes all servers of an upstream refuse connections for a moment, as in a restart, and tries handshakes as
 * soon as they accept connections again.
 *
 * @param servers number of servers in the upstream; the trial makes this many handshakes, so that each server
 * refuses one
 */
export async function tryRecovery(
  target: Target,
  servers: number,
  backends: readonly Backend[],
  signal: AbortSignal,
): Promise<UpstreamSeen['recovery']> {
  await Promise.all(backends.map((backend) => backend.refuse()));
  try {
    for (let count = 0; count < servers; count += 1) (await openSocket(target, signal)).socket?.drop();
  } finally {
    await Promise.all(backends.map((backend) => backend.accept()));
  }
  const kinds: FailureKind[] = [];
  for (let count = 0; count < servers; count += 1) {
    const { socket, ...opening } = await openSocket(target, signal);
    socket?.drop();
    if ('kind' in opening) kinds.push(opening.kind);
  }
  return { tried: servers, failed: kinds.length, kind: kinds[0] ?? null };
}
