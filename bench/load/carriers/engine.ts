import type { CarrierTls, OpenCarrier } from './carrier.ts';

/** The carriers of one engine, to the ports of a host. */
export interface Carriers {
  tcp(host: string): OpenCarrier;
  tls(host: string, options: CarrierTls): OpenCarrier;
}

/** True where this process runs on Bun. */
export const ON_BUN = process.versions.bun !== undefined;

/** Those of the engine that runs this process; what loads another's is not loaded. */
export async function carriersHere(): Promise<Carriers> {
  if (ON_BUN) {
    const { bunTcp, bunTls } = await import('./bun.ts');
    return { tcp: bunTcp, tls: bunTls };
  }
  const { nodeTcp, nodeTls } = await import('./node.ts');
  return { tcp: nodeTcp, tls: nodeTls };
}
