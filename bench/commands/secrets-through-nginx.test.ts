import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXPORTS } from '../model/export.ts';
import { filesIn, obey, temporaryFolder } from './services.test.fixture.ts';
import { services } from './wiring.ts';

/**
 * One secret for each way into the configuration, so that a failure shows which one leaked. None looks like a secret.
 */
const ENV_FILE = `SERVED_BY=canaryheader
REALM="canary realm"
MAPPED=canarymap
COMPARED=canaryif
PAGE=canarypage
FOUND=canaryquery
PERSON=canaryuser
HOOK_TOKEN=canarypath
WHOLE="add_header X-Whole canarywhole;"
UPSTREAM=app.internal
LISTEN=8080
`;

const CONFIGURATION = `
events { }
http {
  include \${HOOK_TOKEN}/*.conf;
  map $host $mapped { default "\${MAPPED}"; }
  upstream app { server \${UPSTREAM}:80; } # \${SERVED_BY}
  server {
    listen \${LISTEN};
    auth_basic "\${REALM}";
    add_header X-Environment "\${CANARY_OF_PROCESS}";
    \${WHOLE}
    location /ws {
      GUARD
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
      proxy_set_header X-Served-By \${SERVED_BY};
      proxy_set_header X-Mapped $mapped;
      if ($http_x_compared = "\${COMPARED}") { return 204; }
    }
    location /\${HOOK_TOKEN}/x { proxy_pass http://\${PERSON}:x@app/?a=\${FOUND}; }
    location = /page { return 200 "\${PAGE}"; }
    location / { proxy_pass http://app; }
  }
}`;

const PATH = '/ws?ticket=canaryticket';
const HEADERS = ['--header', 'X-Api-Key: canarykey', '--header=Cookie: a=canarycookie'];
const IN_FILE = { header: ['X-Other: canaryfile', 'Authorization: Bearer canarybearer'] };

test('no secret from the environment, a header or a query is written or printed', async (t) => {
  const folder = await temporaryFolder(t);
  const reports = join(folder, 'reports');
  const site = join(folder, 'site');
  await mkdir(reports);
  process.env.CANARY_OF_PROCESS = 'canaryprocess';
  t.after(() => {
    delete process.env.CANARY_OF_PROCESS;
  });
  const paths = {
    env: join(folder, 'x.env'),
    good: join(folder, 'good.conf'),
    shut: join(folder, 'shut.conf'),
    wrong: join(folder, 'wrong.conf'),
  };
  await writeFile(paths.env, ENV_FILE);
  await writeFile(paths.good, CONFIGURATION.replace('GUARD', ''));
  // Nginx logs every request that it refuses, with the query.
  await writeFile(paths.shut, CONFIGURATION.replace('GUARD', 'deny all;'));
  // Nginx quotes the value that it rejects.
  await writeFile(paths.wrong, CONFIGURATION.replace('GUARD', `proxy_next_upstream "\${SERVED_BY}";`));

  const printed: string[] = [];
  const ask = async (argv: readonly string[], by = services) => {
    const { out, said, told, drawn } = await obey(argv, by);
    printed.push(out, ...said, ...told, drawn);
    return [out, ...said].join('\n');
  };
  // Headers in the configuration file are ignored if the command line has any.
  const withFile = { ...services, readConfigFile: async () => ({ name: 'bench.config.ts', value: IN_FILE }) };
  const load = [
    '-c',
    '2',
    '-w',
    '0ms',
    '-d',
    '200ms',
    '--rate',
    '100',
    '--nginx-workers',
    '1',
    '--no-pin',
    '--reports',
    reports,
  ];
  const run = (path: string) => ['run', '--conf', path, '--env-file', paths.env, '--ws-path', PATH, ...load];
  const exports = EXPORTS.flatMap((name) => ['--export', name]);
  await ask([...run(paths.good), ...HEADERS, ...exports]);
  await ask([...run(paths.good), '--json'], withFile);
  assert.match(
    await ask([...run(paths.shut), ...HEADERS, '--keep-guards']),
    /access forbidden by rule.*request: "GET \/ws\?\*\*\* HTTP/,
  );
  assert.match(await ask([...run(paths.wrong), ...HEADERS]), /invalid value "\*\*\*" in/);
  await ask(['check', paths.good, '--env-file', paths.env, '--ws-path', PATH, ...HEADERS]);
  await ask([
    'check',
    paths.wrong,
    '--env-file',
    paths.env,
    '--ws-path',
    '/nowhere?ticket=canaryticket',
    '--json',
  ]);
  await ask(['publish', reports, '--out', site]);
  const results = (await filesIn(reports)).filter((path) => path.endsWith('result.json'));
  assert.equal(results.length, 4, printed.join('\n'));
  for (const path of results) await ask(['report', join(reports, path), '--json']);

  assert.deepEqual(leaksIn(printed.join('\n')), []);
  for (const root of [reports, site]) {
    const written = await filesIn(root);
    assert.ok(written.length >= results.length, root);
    for (const path of written) assert.deepEqual(leaksIn(await readFile(join(root, path), 'utf8')), [], path);
  }
  const [first = ''] = results;
  const kept = await readFile(join(reports, first), 'utf8');
  for (const shown of ['"/ws?***"', 'X-Api-Key: ***', '--header=Cookie: ***', '--env-file'])
    assert.ok(kept.includes(shown), shown);
  const report = await readFile(join(reports, first, '../report.html'), 'utf8');
  // The structure of the configuration remains visible, and so does the text around a secret.
  for (const shown of ['proxy_set_header X-Served-By ***;', 'listen 8080', 'server app.internal:80'])
    assert.ok(report.includes(shown), shown);
});

/** Returns each leaked secret with the text around it. */
function leaksIn(text: string): string[] {
  return [...text.matchAll(/canary(?!_of_process)[a-z]+/gi)].map(({ index }) =>
    text.slice(Math.max(0, index - 80), index + 40),
  );
}
