import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeOpenFolder } from '../../test/folder.ts';
import type { UsedProxy } from '../model/run.ts';
import { makeCertificate } from '../topology/certificate.ts';
import type { Launched } from '../topology/process.ts';
import type { StartedTarget } from '../topology/target.ts';
import { addressesOf, type Standing, standingLines } from './standing.ts';

const TARGET: StartedTarget = {
  host: '127.0.0.1',
  ports: [4430],
  path: '/websocket?room=1',
  page: null,
  tls: null,
  http2: false,
  proxy: {
    launched: {} as Launched,
    processes: async () => [],
    reload: () => {},
    upgrade: async () => {},
    folderPath: '/nginx-ws-bench/',
    facts: { version: '1.22.1' } as UsedProxy,
    notices: [],
    explain: () => [],
    readErrorLog: async () => [],
  },
};

function standing(changes: Partial<StartedTarget>, folder = '/tmp/x'): Standing {
  return {
    name: 'tls',
    title: 'TLS 1.3 (wss://)',
    folder,
    target: { ...TARGET, ...changes },
    servers: [
      { port: 8081, certPath: null },
      { port: 8082, certPath: null },
    ],
    server: 'ws',
    accessLogs: [`${folder}/access.log`],
  };
}

describe('the output for a running topology', () => {
  it('has an address for everything that a user may need', () => {
    assert.deepEqual(standingLines(standing({})), [
      'tls is running (TLS 1.3 (wss://)): Nginx 1.22.1 in front of 2 echo servers (ws).',
      '  Page          http://127.0.0.1:4430/nginx-ws-bench/',
      '  WebSocket     ws://127.0.0.1:4430/websocket?***',
      '  Echo server   ws://127.0.0.1:8081/websocket',
      '  Echo server   ws://127.0.0.1:8082/websocket',
      '  Access log    /tmp/x/access.log',
      'Press Ctrl-C to stop.',
    ]);
  });

  it('lists the echo servers with wss:// if they use TLS', () => {
    const servers = [{ port: 8443, certPath: '/tmp/x/upstream/certificate.pem' }];
    assert.match(
      standingLines({ ...standing({}), servers })[0] ?? '',
      /: Nginx 1\.22\.1 in front of 1 echo server \(ws\)\.$/,
    );
    assert.deepEqual(addressesOf({ ...standing({}), servers }).echoServers, [
      'wss://127.0.0.1:8443/websocket',
    ]);
  });

  it('has the certificate’s fingerprint as shown by browsers', async (t) => {
    const folder = makeOpenFolder(join(tmpdir(), 'standing-test-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const { certPem } = await makeCertificate(folder, 'ecdsa', ['example.com'], ['127.0.0.1', '192.0.2.7']);
    const up = standing({ tls: { ca: certPem, servername: 'example.com' } }, folder);
    const { certificate, page, websockets } = addressesOf(up);
    assert.ok(certificate);
    const lines = standingLines(up);
    const at = lines.findIndex((line) => line.startsWith('  Certificate '));
    assert.deepEqual(
      lines.slice(at + 1, at + 3).map((line) => line.trim()),
      [certificate.sha256, certificate.path],
    );
    const read = new X509Certificate(await readFile(certificate.path));
    const digest = createHash('sha256').update(read.raw).digest('hex').toUpperCase();
    assert.equal(certificate.sha256.replaceAll(':', ''), digest);
    assert.deepEqual([page?.slice(0, 6), websockets[0]?.slice(0, 4)], ['https:', 'wss:']);
    const named = ['127.0.0.1', '192.0.2.7', '192.0.2.8'].map((address) => read.checkIP(address));
    assert.deepEqual(named, ['127.0.0.1', '192.0.2.7', undefined]);
  });

  it('lists the echo servers without Nginx, and says that there is no page', () => {
    assert.deepEqual(standingLines(standing({ proxy: null, host: '192.0.2.7' })), [
      'tls is running (TLS 1.3 (wss://)): 2 echo servers (ws).',
      '  Page          none, because Nginx has no HTTP server in front of the echo servers',
      '  WebSocket     ws://192.0.2.7:4430/websocket?***',
      '  Access log    /tmp/x/access.log',
      'Press Ctrl-C to stop.',
    ]);
  });

  it('warns if others can reach it', () => {
    const lines = standingLines(standing({ host: '192.0.2.7' }));
    assert.match(lines.at(-2) ?? '', /^Anyone who can reach 192\.0\.2\.7 /);
    assert.equal(lines[1], '  Page          http://192.0.2.7:4430/nginx-ws-bench/');
    assert.equal(
      standingLines(standing({ host: '127.0.0.2' })).some((line) => /^Anyone/.test(line)),
      false,
    );
  });
});
