import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Target } from '../model/target.ts';

/** A target that an agent may put under load: either one port or all ports of a host. */
export interface AllowedTarget {
  host: string;
  /** Null for any port. */
  port: number | null;
}

/**
 * Replaces host names with their addresses, because a plan identifies a target by its address. The agent
 * resolves the names itself, so it does not depend on the runner's name resolution. A name that cannot be
 * resolved is kept, and matches no target.
 */
export async function withAddresses(allowed: readonly AllowedTarget[]): Promise<AllowedTarget[]> {
  const resolved = allowed.map(async (each) => {
    const found = isIP(each.host) === 0 ? await lookup(each.host, { all: true }).catch(() => []) : [];
    return found.length === 0 ? [each] : found.map(({ address }) => ({ ...each, host: address }));
  });
  return (await Promise.all(resolved)).flat();
}

/**
 * Returns why an agent refuses a target, as a clause; null if the target is allowed. If the list is empty, only
 * loopback addresses are allowed, because services on loopback addresses belong to the agent's own machine.
 */
export function refusalOf(
  { host, ports }: Pick<Target, 'host' | 'ports'>,
  allowed: readonly AllowedTarget[],
): string | null {
  const isAllowed = (port: number) =>
    allowed.length === 0
      ? isLoopback(host)
      : allowed.some((each) => each.host === host && (each.port === null || each.port === port));
  const refused = ports.find((port) => !isAllowed(port));
  if (refused === undefined) return null;
  const target = `${isIP(host) === 6 ? `[${host}]` : host}:${refused}`;
  return `it is not allowed to put load on ${target}. Restart the agent with --allow ${target}, or --allow ${isIP(host) === 6 ? `[${host}]` : host} for all ports.`;
}

function isLoopback(host: string): boolean {
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
