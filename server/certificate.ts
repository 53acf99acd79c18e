import { readFile } from 'node:fs/promises';
import type { ServerOptions } from './options.ts';

/** A certificate and its key, in PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/**
 * Reads the server's certificate; null if the server does not use TLS.
 *
 * @throws Error whose message names the file that cannot be read
 */
export async function readCertificate({ tls }: Pick<ServerOptions, 'tls'>): Promise<Certificate | null> {
  if (tls === null) return null;
  const read = (option: string, path: string) =>
    readFile(path, 'utf8').catch((cause: Error) => {
      throw new Error(`${option} ${path} could not be read: ${cause.message}.`, { cause });
    });
  return { cert: await read('--cert', tls.certPath), key: await read('--key', tls.keyPath) };
}
