import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** ECDSA with curve P-256, or 2048-bit RSA. */
export type KeyType = 'ecdsa' | 'rsa';

/** A certificate for one run. Its key is stored only in the folder given to `makeCertificate`. */
export interface Certificate {
  certPath: string;
  keyPath: string;
  /** The certificate that clients have to trust. */
  certPem: string;
}

const DAY_MS = 86_400_000;

const KEYS = {
  ecdsa: { keyType: 'ec', curve: 'P-256' },
  rsa: { keyType: 'rsa', keySize: 2048 },
} as const;

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
  // Imported only here, because the import is slow and most commands need no certificate.
  const { generate } = await import('selfsigned');
  const now = Date.now();
  const made = await generate([{ name: 'commonName', value: hosts[0] ?? 'localhost' }], {
    ...KEYS[key],
    algorithm: 'sha256',
    // Backdated by a day, so that the certificate stays valid if the clock is set back in the meantime.
    notBeforeDate: new Date(now - DAY_MS),
    notAfterDate: new Date(now + 7 * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...hosts.map((value) => ({ type: 2 as const, value })),
          ...addresses.map((ip) => ({ type: 7 as const, ip })),
        ],
      },
    ],
  });
  const certPath = join(folder, 'certificate.pem');
  const keyPath = join(folder, 'key.pem');
  await writeFile(keyPath, made.private, { mode: 0o600 });
  await writeFile(certPath, made.cert);
  return { certPath, keyPath, certPem: made.cert };
}
