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
    assert.deepEqual(certificate.toLegacyObject().ext_key_usage, ['1.3.6.1.5.5.7.3.1']);
    assert.equal(certificate.ca, false);
    assert.equal(certificate.subject, 'CN=localhost');
    // basicConstraints (critical, no CA) and keyUsage (critical, digitalSignature only), in DER.
    const der = certificate.raw.toString('hex');
    assert.ok(der.includes('0603551d130101ff04023000'), 'basicConstraints');
    assert.ok(der.includes('0603551d0f0101ff0404030207 80'.replace(' ', '')), 'keyUsage');
    assert.equal(await readFile(certPath, 'utf8'), certPem);
    assert.equal((await stat(keyPath)).mode & 0o777, 0o600);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

test('a certificate is valid from a day ago for a week, for all of its names and addresses', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'certificate-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  t.mock.method(Date, 'now', () => Date.UTC(2030, 0, 10, 12));
  const { certPem } = await makeCertificate(folder, 'ecdsa', ['a.test', 'b.test'], ['10.0.0.1', '10.0.0.2']);
  const certificate = new X509Certificate(certPem);
  assert.deepEqual(
    [certificate.subject, certificate.subjectAltName, certificate.validFrom, certificate.validTo],
    [
      'CN=a.test',
      'DNS:a.test, DNS:b.test, IP Address:10.0.0.1, IP Address:10.0.0.2',
      'Jan  9 12:00:00 2030 GMT',
      'Jan 17 12:00:00 2030 GMT',
    ],
  );
});

test('a certificate for addresses only has the subject of the default host', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'certificate-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const { subject, subjectAltName } = new X509Certificate(
    (await makeCertificate(folder, 'ecdsa', [])).certPem,
  );
  assert.deepEqual([subject, subjectAltName], ['CN=localhost', 'IP Address:127.0.0.1']);
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
