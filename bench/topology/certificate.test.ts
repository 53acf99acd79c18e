import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeCertificate } from './certificate.ts';

test('an ECDSA certificate for loopback, with a key that no other user may read', async () => {
  const root = await mkdtemp(join(tmpdir(), 'certificate-test-'));
  try {
    const folder = join(root, 'run');
    const { certPath, keyPath, certPem } = await makeCertificate(folder);
    const certificate = new X509Certificate(certPem);
    assert.equal(certificate.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1');
    assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
    assert.ok(certificate.verify(certificate.publicKey));
    assert.ok(certificate.checkPrivateKey(createPrivateKey(await readFile(keyPath))));
    assert.ok(new Date(certificate.validFrom) < new Date() && new Date() < new Date(certificate.validTo));
    assert.equal(await readFile(certPath, 'utf8'), certPem);
    assert.equal((await stat(keyPath)).mode & 0o777, 0o600);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

test('a 2048-bit RSA certificate on request', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'certificate-test-'));
  try {
    const { certPem, keyPath } = await makeCertificate(folder, 'rsa');
    const certificate = new X509Certificate(certPem);
    assert.equal(certificate.publicKey.asymmetricKeyType, 'rsa');
    assert.equal(certificate.publicKey.asymmetricKeyDetails?.modulusLength, 2048);
    assert.ok(certificate.checkPrivateKey(createPrivateKey(await readFile(keyPath))));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
