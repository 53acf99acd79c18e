import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyPair } from '../bench/load/connections/connection.test.fixture.ts';
import { type KeyType, makeCertificate } from '../bench/topology/certificate.ts';

/** Creates a certificate for localhost with its key, without leaving files behind. */
export async function makeKeyPair(key: KeyType = 'ecdsa'): Promise<KeyPair> {
  const folder = await mkdtemp(join(tmpdir(), 'load-test-'));
  try {
    const { keyPath, certPem } = await makeCertificate(folder, key);
    return { key: await readFile(keyPath, 'utf8'), cert: certPem };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
