import type { CarrierTls, OpenCarrier } from './carrier.ts';

/** One engine's factories for carriers that connect to the ports of a host. */
export interface Carriers {
  tcp(host: string): OpenCarrier;
  tls(host: string, options: CarrierTls): OpenCarrier;
}

/** Whether this process runs on Bun. */
export const ON_BUN = process.versions.bun !== undefined;

/**
 * Loads the carriers for the engine that runs this process. The other engine's module is not loaded.
 *
 * @param kind with `io_uring`, TCP carriers use io_uring, which needs Bun and supports IP addresses only.
 * Carriers for TLS always use the engine's sockets.
 */
export async function carriersHere(kind: 'sockets' | 'io_uring'): Promise<Carriers> {
  if (ON_BUN) {
    const { bunTcp, bunTls } = await import('./bun.ts');
    const tcp = kind === 'io_uring' ? (await import('./ring.ts')).ringTcp : bunTcp;
    return { tcp, tls: bunTls };
  }
  const { nodeTcp, nodeTls } = await import('./node.ts');
  return { tcp: nodeTcp, tls: nodeTls };
}
