import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { print } from './print.ts';
import { lackOfResolving, needNameServer, readTuned } from './tuned.ts';

let folder: string;
let path: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tuned-test-'));
  path = join(folder, 'nginx.conf');
  await writeFile(path, 'events { worker_connections 100; }\nhttp { server { listen 80; } }\n');
});
after(() => rm(folder, { recursive: true, force: true }));

async function text(...tunings: string[]): Promise<string> {
  return print(
    await readTuned({
      path,
      tunings: tunings.map((each, index) => ({ name: `tune-${index + 1}`, text: each })),
      options: null,
    }),
  ).text.replace(/\s+/g, ' ');
}

test('tunings are applied in order, so the last one takes precedence', async () => {
  assert.equal(await text(), 'events { worker_connections 100; } http { server { listen 80; } } ');
  assert.equal(
    await text('events { multi_accept on; }', 'events { multi_accept off; }'),
    'events { worker_connections 100; multi_accept off; } http { server { listen 80; } } ',
  );
});

const OPTIONS = { roots: [], envFile: null, keepGuards: true, websocketPath: null, host: null, headers: [] };

test('variables are filled in from the file for the environment, which must be readable', async () => {
  const template = join(folder, 'template.conf');
  await writeFile(template, `http { server { listen \${TUNED_TEST_PORT}; } }`);
  const env = join(folder, 'env');
  await writeFile(env, 'TUNED_TEST_PORT=8081\n');
  const read = async (envFile: string | null) => {
    const options = { ...OPTIONS, envFile };
    return print(await readTuned({ path: template, tunings: [], options })).text.replace(/\s+/g, ' ');
  };
  assert.equal(await read(env), 'http { server { listen 8081; } } ');
  await assert.rejects(read(null), { kind: 'configuration' });
  await assert.rejects(read(join(folder, 'none')), { kind: 'usage' });
});

test('a tuning that is invalid or changes nothing is reported with its line', async () => {
  await assert.rejects(text('events { multi_accept on; }', 'events {'), {
    kind: 'configuration',
    message: /the tuning tune-2/,
  });
  await assert.rejects(text('stream { server { listen 1; } }'), {
    kind: 'configuration',
    message: /the tuning tune-1:1 matches no block/,
  });
});

test('a tuning of a setting that the run determines is rejected, with the option for it', async () => {
  const cases: [tuning: string, message: RegExp][] = [
    [
      'worker_processes 4;',
      /^"worker_processes" at the tuning tune-1:1 would change nothing, .*Use --nginx-workers to set it/,
    ],
    ['events {\n worker_connections 9; }', /^"worker_connections" at the tuning tune-1:2 .*--connections/],
    ['http { server { ssl_certificate x; } }', /^"ssl_certificate" at .* Leave it out\.$/],
    ['http { resolver 127.0.0.1; }', /^"resolver" at the tuning tune-1:1 would change nothing, .* no server/],
  ];
  for (const [tuning, message] of cases)
    await assert.rejects(text(tuning), { kind: 'configuration', message });
});

test('each directive that the run sets is rejected at any depth, and an include too', async () => {
  const refused = async (tuning: string) => {
    const error = await text(tuning).catch((each: Error) => each);
    return error instanceof Error
      ? (/(Leave it out|Use (--\S+)|Copy the included|Add "resolve")/.exec(error.message)?.[0] ?? 'other')
      : null;
  };
  for (const name of [
    ...['daemon', 'error_log', 'master_process', 'pid', 'ssl_certificate', 'ssl_certificate_key', 'user'],
  ])
    assert.equal(await refused(`http { server { ${name} x; } }`), 'Leave it out', name);
  assert.equal(await refused('worker_rlimit_nofile 9;'), 'Use --connections');
  assert.equal(await refused('http { include x; }'), 'Copy the included');
  assert.equal(await refused('http { resolver_timeout 1s; }'), 'Add "resolve"');
  assert.equal(await refused('# a comment\nevents { multi_accept on; }'), null);
});

test('a tuning that resolves names needs a name server, and an Nginx from 1.27.3 on', () => {
  const plain = { name: 'plain', text: 'http { resolver 127.0.0.1; }' };
  const resolving = {
    name: 'names',
    text: 'http { upstream u { zone u 1m; server a:1; server b:1 resolve; } }',
  };
  assert.deepEqual([[], [plain], [plain, resolving]].map(needNameServer), [false, false, true]);
  const lack = (version: string, ...tunings: (typeof plain)[]) => lackOfResolving({ tunings }, { version });
  assert.deepEqual([lack('1.27.3', resolving), lack('1.0.0', plain)], [null, null]);
  assert.match(lack('1.27.2', plain, resolving) ?? '', /^The tuning names needs Nginx 1\.27\.3 or newer/);
});
