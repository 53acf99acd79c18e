import type { Notice } from '../model/finding.ts';
import type { Machine } from '../model/machine.ts';
import type { CarrierName, EngineName } from '../model/plan.ts';
import { notice } from '../wording/finding.ts';
import type { Demand } from './reckoning.ts';

/**
 * Returns the carrier to request for runs that will be compared. io_uring carries no TLS: if only some of the
 * variants use TLS, all variants use sockets, and a notice gives the reason.
 *
 * @param clientTls for each variant, whether its clients connect over TLS
 */
export function sharedCarrier(
  asked: CarrierName | null,
  clientTls: readonly boolean[],
): { carrier: CarrierName | null; notices: readonly Notice[] } {
  const isMixed = clientTls.includes(true) && clientTls.includes(false);
  if (asked !== 'io_uring' || !isMixed) return { carrier: asked, notices: [] };
  return { carrier: 'sockets', notices: [notice('warning', 'carrier-mixed', {})] };
}

/**
 * Chooses the carrier of a run's lean client and server. If io_uring is requested but not available, the
 * run uses the engine's sockets, and a notice gives the reason.
 *
 * @param asked --carrier; null if it was not given, or is `auto`
 */
export function carrierOf(
  asked: CarrierName | null,
  engine: EngineName,
  { client, server }: Pick<Demand, 'client' | 'server'>,
  { ioUring }: Pick<Machine, 'ioUring'>,
  notices: Notice[],
): CarrierName {
  const lean = client === 'lean' || server === 'lean';
  if (asked !== 'io_uring' || !lean) return 'sockets';
  if (engine === 'bun' && ioUring === 'available') return 'io_uring';
  notices.push(
    engine === 'bun'
      ? notice('warning', 'carrier-refused', { error: ioUring ?? 'ENOSYS' })
      : notice('warning', 'carrier-needs-bun', {}),
  );
  return 'sockets';
}
