import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeCertificate } from './certificate.ts';

test('an ECDSA certificate for loopback, and a key that nobody else may read', async () => {
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

test('every name and address is in it, however many and long they are, and only a server may use it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'certificate-test-'));
  try {
    const names = ['*.example.com', ...Array.from({ length: 20 }, (_, i) => `host-${i}.a-long-name.example`)];
    const addresses = ['127.0.0.1', '::1', '2001:db8::ff:1', '::ffff:192.0.2.7', '::'];
    const { certPem } = await makeCertificate(folder, 'ecdsa', names, addresses);
    const certificate = new X509Certificate(certPem);
    assert.equal(certificate.subject, 'CN=*.example.com');
    assert.equal(certificate.issuer, certificate.subject);
    assert.equal(certificate.ca, false);
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    for (const name of names.slice(1)) assert.equal(certificate.checkHost(name), name);
    assert.equal(certificate.checkHost('any.example.com'), '*.example.com');
    assert.equal(certificate.checkHost('example.org'), undefined);
    for (const address of addresses) assert.equal(certificate.checkIP(address), address);
    assert.equal(certificate.checkIP('192.0.2.7'), undefined);
    assert.notEqual(
      certificate.serialNumber,
      new X509Certificate((await makeCertificate(folder)).certPem).serialNumber,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('an RSA one of 2048 bits where that is asked for', async () => {
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
