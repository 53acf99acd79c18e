import type { Source } from './carriers/carrier.ts';

/**
 * Ports that a generator connects from: the odd ones of the range. For a port that is chosen by bind()
 * the kernel looks at odd ones first and for one chosen by connect() at even ones (`__inet_hash_connect`),
 * so that Nginx's own connections to its upstream find theirs free. `taken`: ports that a socket for all
 * addresses listens on.
 */
export function sourcePorts([low, high]: readonly [number, number], taken: ReadonlySet<number>): number[] {
  const ports: number[] = [];
  for (let port = low + ((low + 1) % 2); port <= high; port += 2) if (!taken.has(port)) ports.push(port);
  return ports;
}

/**
 * Address and port of connection number `id`: a pair of its own for each, addresses in turn. Null where
 * the plan names no addresses; the system chooses the port where they do not suffice.
 */
export function sourceOf(
  id: number,
  { sourceAddresses, sourcePorts }: { sourceAddresses: readonly string[]; sourcePorts: readonly number[] },
): Source | null {
  const localAddress = sourceAddresses[id % sourceAddresses.length];
  if (localAddress === undefined) return null;
  return { localAddress, localPort: sourcePorts[Math.floor(id / sourceAddresses.length)] ?? 0 };
}
