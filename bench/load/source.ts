import type { Source } from './carriers/carrier.ts';

/**
 * Ports from which a generator connects: the odd ones of the range. The kernel tries odd ports first for bind() and
 * even ports first for connect() (`__inet_hash_connect`), so Nginx's own connections to its upstream find theirs
 * free.
 *
 * @param taken ports of sockets that listen on all addresses
 */
export function sourcePorts([low, high]: readonly [number, number], taken: ReadonlySet<number>): number[] {
  const ports: number[] = [];
  for (let port = low + ((low + 1) % 2); port <= high; port += 2) if (!taken.has(port)) ports.push(port);
  return ports;
}

/**
 * Address and port of connection number `id`. Each has its own pair, with the addresses in rotation. Null if the
 * plan has no addresses. If the ports do not suffice, the system chooses.
 */
export function sourceOf(
  id: number,
  { sourceAddresses, sourcePorts }: { sourceAddresses: readonly string[]; sourcePorts: readonly number[] },
): Source | null {
  const localAddress = sourceAddresses[id % sourceAddresses.length];
  if (localAddress === undefined) return null;
  return { localAddress, localPort: sourcePorts[Math.floor(id / sourceAddresses.length)] ?? 0 };
}
