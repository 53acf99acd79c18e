import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCertificate } from './certificate.ts';

test('a certificate is read with its key, and the file that cannot be read is named', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'certificate-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [certPath, keyPath, gone] = ['cert.pem', 'key.pem', 'gone.pem'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(certPath, 'a certificate');
  await writeFile(keyPath, 'a key');
  assert.equal(await readCertificate({ tls: null }), null);
  assert.deepEqual(await readCertificate({ tls: { certPath, keyPath } }), {
    cert: 'a certificate',
    key: 'a key',
  });
  for (const [paths, named] of [
    [{ certPath: gone, keyPath }, `--cert ${gone}`],
    [{ certPath, keyPath: gone }, `--key ${gone}`],
  ] as const)
    await assert.rejects(
      readCertificate({ tls: paths }),
      (error: Error) => error.message.startsWith(named) && /ENOENT/.test(error.message),
    );
});
