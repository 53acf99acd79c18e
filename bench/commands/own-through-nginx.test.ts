import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { figuresOf } from '../measure/figures.ts';
import { readResult } from '../store/read.ts';
import { obey, temporaryFolder } from './services.test.fixture.ts';
import { services } from './wiring.ts';

const LOCATION =
  'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;';

/** Nginx verifies its upstream here, with files and ciphers that the echo servers do not have. */
const OVER_TLS = `
events { }
http {
  upstream app { server app-1.internal:8443; server app-2.internal:8443; }
  proxy_ssl_verify on;
  proxy_ssl_trusted_certificate /etc/nginx/internal-ca.pem;
  server {
    listen 80;
    location /ws {
      proxy_pass https://app;
      ${LOCATION}
      proxy_ssl_certificate /etc/nginx/client.pem;
      proxy_ssl_certificate_key /etc/nginx/client.key;
      proxy_ssl_protocols TLSv1.2;
      proxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;
    }
    location / { proxy_pass http://app; }
  }
}`;

const PLAIN = `
events { }
http {
  server {
    listen 80;
    location /ws { proxy_pass http://app.internal; ${LOCATION} }
    location /api { proxy_pass https://api.internal; }
  }
}`;

test('the echo servers behind a configuration use TLS if its WebSockets are passed on over TLS', async (t) => {
  const folder = await temporaryFolder(t);
  const reports = join(folder, 'reports');
  await mkdir(reports);
  const paths = { tls: join(folder, 'tls.conf'), plain: join(folder, 'plain.conf') };
  await writeFile(paths.tls, OVER_TLS);
  await writeFile(paths.plain, PLAIN);
  const line = ['--conf', paths.tls, '--conf', paths.plain, '--steps', 'throughput', '--no-http'];
  const load = ['-c', '4', '-w', '0ms', '-d', '200ms', '--nginx-workers', '1', '--reports', reports];
  const { code, out, said } = await obey([...line, ...load], services);
  assert.equal(code, 0, [out, ...said].join('\n'));
  const [id = ''] = (await readdir(reports)).filter((name) => /^\d/.test(name));
  const { runs } = await readResult(join(reports, id));
  const facts = runs.map((run) => {
    const { connections, messages } = figuresOf(run);
    assert.deepEqual([run.outcome.state, connections.opened, run.proxy?.errorLog], ['completed', 4, []]);
    assert.ok(messages.echoed > 0);
    const passes = run.proxy?.configuration.match(/proxy_pass .*;/g);
    return [run.plan.variant, passes, codesOf(run.notices)];
  });
  // With https://, Nginx only accepts answers after a verified TLS handshake. With http://, a TLS server does not
  // answer.
  assert.deepEqual(facts, [
    [
      'conf:tls.conf',
      ['proxy_pass https://app;', 'proxy_pass https://app;'],
      ['sandbox-upstream-certificate', 'sandbox-upstream-handshake', 'sandbox-upstream-tls-added'],
    ],
    [
      'conf:plain.conf',
      ['proxy_pass http://bench_echo_servers;', 'proxy_pass http://bench_echo_servers;'],
      ['sandbox-upstream-tls'],
    ],
  ]);
});

function codesOf(notices: readonly { code: string }[]): string[] {
  return notices
    .map(({ code }) => code)
    .filter((code) => code.startsWith('sandbox-upstream'))
    .sort();
}
