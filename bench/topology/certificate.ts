import { generateKeyPair } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { selfSigned } from './x509.ts';

/** ECDSA with curve P-256, or 2048-bit RSA. */
export type KeyType = 'ecdsa' | 'rsa';

/** A certificate for one run. Its key is stored only in the given folder. */
export interface Certificate {
  certPath: string;
  keyPath: string;
  /** The certificate that clients have to trust. */
  certPem: string;
}

const DAY_MS = 86_400_000;

const generate = promisify(generateKeyPair);

/**
 * Makes a self-signed certificate for the given host names and addresses, valid for a week.
 *
 * @param folder created if missing, accessible to this user only (0700); the key has mode 0600
 */
export async function makeCertificate(
  folder: string,
  key: KeyType = 'ecdsa',
  hosts: readonly string[] = ['localhost'],
  addresses: readonly string[] = ['127.0.0.1'],
): Promise<Certificate> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { publicKey, privateKey } =
    key === 'rsa'
      ? await generate('rsa', { modulusLength: 2048 })
      : await generate('ec', { namedCurve: 'P-256' });
  const now = Date.now();
  const certPem = selfSigned(publicKey, privateKey, {
    commonName: hosts[0] ?? 'localhost',
    hosts,
    addresses,
    // Backdated by a day, so that the certificate stays valid if the clock is set back in the meantime.
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + 7 * DAY_MS),
  });
  const certPath = join(folder, 'certificate.pem');
  const keyPath = join(folder, 'key.pem');
  await writeFile(keyPath, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(certPath, certPem);
  return { certPath, keyPath, certPem };
}
