import type { Notice } from '../model/finding.ts';
import type { Machine } from '../model/machine.ts';
import type { CarrierName, EngineName } from '../model/plan.ts';
import { notice } from '../wording/finding.ts';
import type { Demand } from './reckoning.ts';

/**
 * Number of connections up to which `auto` uses io_uring. The gain was measured with 1,000 connections, and
 * connections are not opened faster on io_uring than on sockets (docs/decisions/23-io-uring.md).
 */
const MOST_CONNECTIONS = 10_000;

/**
 * Returns the carrier to request for runs that will be compared. io_uring carries no TLS, so if only some of
 * the variants use TLS, all variants use sockets; if io_uring was requested, a notice gives the reason. With
 * `auto`, a single variant with TLS is enough for all to use sockets, because io_uring saves no CPU time when
 * it is used only by the server.
 *
 * @param asked --carrier; null if it was not given, or is `auto`
 * @param clientTls for each variant, whether its clients connect over TLS
 */
export function sharedCarrier(
  asked: CarrierName | null,
  clientTls: readonly boolean[],
): { carrier: CarrierName | null; notices: readonly Notice[] } {
  if (!clientTls.includes(true)) return { carrier: asked, notices: [] };
  if (asked === null) return { carrier: 'sockets', notices: [] };
  if (asked === 'sockets' || !clientTls.includes(false)) return { carrier: asked, notices: [] };
  return { carrier: 'sockets', notices: [notice('warning', 'carrier-mixed', {})] };
}

/** The properties that determine which carrier suits a run. */
export interface CarrierDemand extends Pick<Demand, 'client' | 'server' | 'loop' | 'connections'> {
  /** Whether the run measures messages, rather than handshakes. */
  isMessages: boolean;
  /** Whether the bench starts both ends, on this machine, and the servers have no TLS. */
  isPlainSandbox: boolean;
}

/**
 * Chooses the carrier of a run's lean client and server. If io_uring is requested but not available, the run
 * uses the engine's sockets, and a notice gives the reason. `auto` uses io_uring, if available, only where
 * this leaves more CPU time for the proxy: in a closed loop of messages.
 *
 * @param asked --carrier; null if it was not given, or is `auto`
 */
export function carrierOf(
  asked: CarrierName | null,
  engine: EngineName,
  { client, server, loop, connections, isMessages, isPlainSandbox }: CarrierDemand,
  { ioUring }: Pick<Machine, 'ioUring'>,
  notices: Notice[],
): CarrierName {
  const lean = client === 'lean' || server === 'lean';
  if (asked === 'sockets' || !lean) return 'sockets';
  const canUse = engine === 'bun' && ioUring === 'available';
  if (asked === null) {
    const suits = loop === 'closed' && isMessages && isPlainSandbox && connections <= MOST_CONNECTIONS;
    return canUse && suits ? 'io_uring' : 'sockets';
  }
  if (canUse) return 'io_uring';
  notices.push(
    engine === 'bun'
      ? notice('warning', 'carrier-refused', { error: ioUring ?? 'ENOSYS' })
      : notice('warning', 'carrier-needs-bun', {}),
  );
  return 'sockets';
}
