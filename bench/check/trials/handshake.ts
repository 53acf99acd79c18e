import type { Target } from '../../model/target.ts';
import type { Arrival, Backend, Received } from '../backend.ts';
import { openSocket, statusOf } from '../client.ts';
import type { LocationSeen } from '../observation.ts';

/** Opens a WebSocket through a location, then requests the same path without an upgrade. */
export async function tryHandshake(
  target: Target,
  backends: readonly Backend[],
  signal: AbortSignal,
): Promise<Pick<LocationSeen, 'handshake' | 'get'>> {
  const before = countsOf(backends);
  const { socket, ...opening } = await openSocket(target, signal);
  const handshake = {
    outcome: 'kind' in opening ? opening.kind : ('echoed' as const),
    arrived: arrivedSince(backends, before),
  };
  socket?.drop();
  const between = countsOf(backends);
  const status = await statusOf(target, signal);
  return { handshake, get: { status, arrived: arrivedSince(backends, between) } };
}

/** Returns the number of requests that have reached each server. */
export function countsOf(backends: readonly Backend[]): number[] {
  return backends.map(({ arrivals }) => arrivals.length);
}

function arrivedSince(backends: readonly Backend[], before: readonly number[]): Arrival | null {
  const received = receivedSince(backends, before);
  if (received === null) return null;
  const { httpVersion, upgrade, connection } = received;
  return { httpVersion, upgrade, connection };
}

/** Requests are sent one at a time, so the first new one is the one just sent. */
export function receivedSince(backends: readonly Backend[], before: readonly number[]): Received | null {
  const fresh = backends.flatMap(({ arrivals }, index) => arrivals.slice(before[index]));
  return fresh[0] ?? null;
}
