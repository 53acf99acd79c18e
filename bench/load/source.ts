import type { Source } from './carriers/carrier.ts';

/**
 * Returns the ports from which a generator connects: the odd ports in the range. The kernel tries odd ports
 * first for bind() and even ports first for connect() (`__inet_hash_connect`). Even ports therefore remain
 * free for the proxy's own upstream connections.
 *
 * @param taken ports of sockets that listen on all addresses
 */
export function sourcePorts([low, high]: readonly [number, number], taken: ReadonlySet<number>): number[] {
  const ports: number[] = [];
  for (let port = low + ((low + 1) % 2); port <= high; port += 2) if (!taken.has(port)) ports.push(port);
  return ports;
}

/**
 * Returns the local address and port for connection number `id`; null if the plan has no addresses. Each
 * connection has its own pair, and the addresses are used in rotation. If there are not enough ports, the
 * operating system chooses the port.
 */
export function sourceOf(id: number, addresses: readonly string[], ports: readonly number[]): Source | null {
  const localAddress = addresses[id % addresses.length];
  if (localAddress === undefined) return null;
  return { localAddress, localPort: ports[Math.floor(id / addresses.length)] ?? 0 };
}
