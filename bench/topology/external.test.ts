import assert from 'node:assert/strict';
import dns from 'node:dns/promises';
import fs, { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { ConfigurationOptions } from '../model/configuration.ts';
import type { ExternalTarget } from '../model/target.ts';
import { notice } from '../wording/finding.ts';
import { makeCertificate } from './certificate.ts';
import { externalTarget } from './external.ts';

function planned(url: string, changes: Partial<ExternalTarget> = {}): ExternalTarget {
  return {
    kind: 'external',
    url,
    expect: 'echo',
    certificate: null,
    subprotocols: [],
    isRemote: false,
    ...changes,
  };
}

/** Simulates a resolver that knows one name. */
function resolver(t: TestContext, known: string, address: string): void {
  t.mock.method(dns, 'lookup', async (name: string) => {
    if (name === known) return { address, family: 4 };
    throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
}

describe('an external target', () => {
  test('is an address with a port, and is requested by the name that the user gave', async (t) => {
    resolver(t, 'echo.example', '192.0.2.7');
    const common = { page: null, tls: null, http2: false, proxy: null, notices: [] };
    const options = {
      websocketPath: '/mine',
      headers: [{ name: 'Cookie', value: 'a=b' }],
    } as Partial<ConfigurationOptions> as ConfigurationOptions;
    assert.deepEqual(
      [
        await externalTarget(planned('ws://127.0.0.1:8080/chat'), null),
        await externalTarget(planned('ws://localhost/', { subprotocols: ['news'], expect: 'any' }), options),
        await externalTarget(planned('ws://echo.example/', { expect: 'none' }), null),
        await externalTarget(planned('ws://[::1]:81/'), null),
      ],
      [
        {
          ...{ ...common, host: '127.0.0.1', ports: [8080], path: '/chat' },
          request: { host: '127.0.0.1:8080', headers: [], subprotocols: [] },
        },
        {
          ...{ ...common, host: '127.0.0.1', ports: [80], path: '/mine' },
          request: { host: 'localhost', headers: options.headers, subprotocols: ['news'] },
          notices: [notice('info', 'target-answers-any', {})],
        },
        {
          ...{ ...common, host: '192.0.2.7', ports: [80], path: '/' },
          request: { host: 'echo.example', headers: [], subprotocols: [] },
          notices: [
            notice('info', 'target-address', { host: 'echo.example', address: '192.0.2.7' }),
            notice('info', 'target-answers-none', {}),
          ],
        },
        {
          ...{ ...common, host: '::1', ports: [81], path: '/' },
          request: { host: '[::1]:81', headers: [], subprotocols: [] },
        },
      ],
    );
    await assert.rejects(externalTarget(planned('ws://none.example/'), null), {
      kind: 'environment',
      message: /^The address of none\.example cannot be found: there is no such host\./,
    });
  });

  test('has TLS settings whose server name is never an address', async () => {
    const certificate = { by: 'nothing' } as const;
    const targets = await Promise.all(
      ['wss://127.0.0.1/', 'wss://localhost:8443/'].map((url) =>
        externalTarget(planned(url, { certificate }), null),
      ),
    );
    assert.deepEqual(
      targets.map(({ ports, tls, notices }) => ({ ports, tls, notices })),
      [
        { ports: [443], tls: { servername: '' }, notices: [notice('warning', 'target-unverified', {})] },
        {
          ports: [8443],
          tls: { servername: 'localhost' },
          notices: [notice('warning', 'target-unverified', {})],
        },
      ],
    );
  });
});

describe('the authorities of a target', () => {
  const secure = (certificate: NonNullable<ExternalTarget['certificate']>) =>
    externalTarget(planned('wss://localhost/', { certificate }), null).then(({ tls, notices }) => [
      tls,
      notices,
    ]);

  test('are those of a file, or of the system', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'external-test-'));
    const before = process.env.SSL_CERT_FILE;
    t.after(() => {
      rmSync(folder, { recursive: true });
      if (before === undefined) delete process.env.SSL_CERT_FILE;
      else process.env.SSL_CERT_FILE = before;
    });
    const { certPath: path, certPem: ca } = await makeCertificate(folder);
    const expected = [{ servername: 'localhost', ca }, []];
    assert.deepEqual(await secure({ by: 'file', path }), expected);
    process.env.SSL_CERT_FILE = path;
    assert.deepEqual(await secure({ by: 'system' }), expected);
    delete process.env.SSL_CERT_FILE;
    const asked: string[] = [];
    let exists = (_path: string) => false;
    t.mock.method(fs, 'existsSync', (each: string) => {
      asked.push(each);
      return exists(each);
    });
    syncBuiltinESMExports();
    t.after(() => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    });
    await assert.rejects(secure({ by: 'system' }), { kind: 'environment', message: /were not found/ });
    assert.equal(asked.length, 4);
    exists = (each) => each !== asked[0];
    await assert.rejects(secure({ by: 'system' }), (error) => String(error).includes(`${asked[1]} `));
  });

  test('must be certificates', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'external-test-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'ca.pem');
    const by = 'file' as const;
    await assert.rejects(secure({ by, path }), { kind: 'environment', message: /ca\.pem cannot be read: / });
    for (const [text, reason] of [
      ['nothing', /ca\.pem is not a PEM file with certificates: it contains no certificate\. /],
      [
        '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
        /ca\.pem is not a PEM file with certificates: /,
      ],
    ] as const) {
      writeFileSync(path, text);
      await assert.rejects(secure({ by, path }), { kind: 'environment', message: reason });
    }
    writeFileSync(path, Buffer.alloc(4 * 1_048_576 + 1));
    await assert.rejects(secure({ by, path }), { kind: 'environment', message: /cannot be read/ });
    writeFileSync(path, Buffer.alloc(4 * 1_048_576));
    await assert.rejects(secure({ by, path }), { message: /contains no certificate/ });
  });
});
