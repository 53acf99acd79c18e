import type { CarrierTls, OpenCarrier } from './carrier.ts';

/** One engine's factories for carriers that connect to the ports of a host. */
export interface Carriers {
  tcp(host: string): OpenCarrier;
  tls(host: string, options: CarrierTls): OpenCarrier;
}

/** Whether this process runs on Bun. */
export const ON_BUN = process.versions.bun !== undefined;

/** Loads the carriers for the engine that runs this process. The other engine's module is not loaded. */
export async function carriersHere(): Promise<Carriers> {
  if (ON_BUN) {
    const { bunTcp, bunTls } = await import('./bun.ts');
    return { tcp: bunTcp, tls: bunTls };
  }
  const { nodeTcp, nodeTls } = await import('./node.ts');
  return { tcp: nodeTcp, tls: nodeTls };
}
