import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import type { ConfigurationOptions } from '../model/configuration.ts';
import { type CheckReport, check } from './check.ts';

const NEVER = new AbortController().signal;
const OPTIONS: ConfigurationOptions = {
  ...{ roots: [], envFile: null, keepGuards: false, websocketPath: null, host: null, headers: [] },
};

/** An Nginx that cannot be started, for configurations that the bench does not run. */
const BINARY = {
  ...{ path: '/none', version: '1.22.1', openssl: null, buildArguments: '', origin: null },
  ...{ modulesPath: null, streamModule: null, libraryPath: null },
};

function checked(
  text: string | null,
  options: Partial<ConfigurationOptions> = {},
  { path = 'stdin', signal = NEVER } = {},
): Promise<CheckReport> {
  const configuration = { ...OPTIONS, ...options };
  return check({ path, text, configuration, binary: BINARY, signal, urgent: NEVER, say: assert.fail });
}

const listed = ({ findings }: CheckReport) =>
  findings.map(({ level, rule, origin, code }) => `${level} ${rule} ${origin?.file}:${origin?.line} ${code}`);

/** A location with code, which the bench does not run. */
const CODE = 'location = /x { js_content a; }';
const UP = 'proxy_http_version 1.1; proxy_set_header Connection $connection_upgrade;';
const WS = `location /ws { proxy_pass http://app; ${UP} proxy_set_header Upgrade $http_upgrade; proxy_read_timeout 1h; }`;

test('of a configuration that cannot be read, only the error is known', async () => {
  const { findings, ...rest } = await checked('events {}\nhttp {\n');
  assert.deepEqual(rest, {
    ...{ path: 'stdin', nginx: { path: '/none', version: '1.22.1' } },
    ...{ tried: false, candidates: [], seen: null, changes: [] },
  });
  const [{ data: _, text, ...found } = assert.fail(), ...others] = findings;
  assert.deepEqual(found, {
    ...{
      rule: 'refused',
      level: 'error',
      origin: { file: 'stdin', line: 2 },
      code: 'configuration-rejected',
    },
    ...{ seen: null, remedies: [] },
  });
  assert.deepEqual(others, []);
});

test('a configuration that is not run is judged by its text, with the reason as a warning', async () => {
  const report = await checked(`worker_processes 1;\nevents {}\nhttp { server {\n${CODE}\n${WS} } }\n`);
  assert.deepEqual(listed(report), [
    'warning worker-connections stdin:2 worker-connections',
    'warning refused stdin:4 configuration-not-run',
    'note worker-shutdown-timeout stdin:1 shutdown-timeout-unset',
    'note capacity stdin:2 capacity',
    'note any-protocol stdin:5 any-protocol',
    'note access-log stdin:5 logged-at-close',
  ]);
  assert.deepEqual(
    [report.tried, report.seen, report.changes, report.candidates.map(({ path }) => path)],
    [false, null, [], ['/ws']],
  );
});

test('that no location passes requests on is an error, also for a given path, without its query', async () => {
  const text = `events {}\nhttp { server {\n${CODE} } }\n`;
  const any = await checked(text);
  const lists = [
    'error upgrade stdin:1 no-proxied-location',
    'warning refused stdin:3 configuration-not-run',
  ];
  assert.deepEqual([listed(any), any.findings[0]?.data], [lists, { missing: [] }]);
  const asked = await checked(text, { websocketPath: '/ws?token=a' });
  assert.deepEqual(
    [listed(asked)[0], asked.findings[0]?.data],
    ['error upgrade stdin:1 no-location-for-path', { path: '/ws?***' }],
  );
});

test('the first line of a file is named by its whole path', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'nginx.conf');
    await writeFile(file, `events {}\nhttp { server {\n${CODE} } }\n`);
    const path = relative(process.cwd(), file);
    const report = await checked(null, {}, { path });
    assert.deepEqual([report.path, report.findings[0]?.origin], [path, { file, line: 1 }]);
  }));

test('a part of a configuration has what was added around it, and which files are missing', async () => {
  const report = await checked(`server { include none/*.conf;\n${CODE}\n${WS} }\n`);
  const missing = { path: 'none/*.conf', place: 'stdin:1', folder: null };
  assert.deepEqual(
    report.changes.map(({ code }) => code),
    ['sandbox-wrapped-http', 'sandbox-upgrade-map', 'sandbox-no-files'],
  );
  assert.deepEqual(listed(report), [
    'warning refused stdin:2 configuration-not-run',
    'note part stdin:1 part-of-configuration',
    'note upstream-elsewhere stdin:3 upstream-elsewhere',
    'note any-protocol stdin:3 any-protocol',
    'note access-log stdin:3 logged-at-close',
  ]);
  const elsewhere = report.findings.find(({ code }) => code === 'upstream-elsewhere');
  assert.deepEqual(elsewhere?.data, { upstream: 'app', missing: [missing] });
  const [lack] = (await checked(`server { include none/*.conf;\n${CODE} }\n`)).findings;
  assert.deepEqual([lack?.code, lack?.data], ['no-proxied-location', { missing: [missing] }]);
});

test('secrets are masked in findings, suggestions and changes', () =>
  inFolder(async (folder) => {
    const envFile = join(folder, 'env');
    await writeFile(envFile, 'APP_TOKEN=from-the-file\n');
    const upstream = `upstream app { server my-secret; server b; }`;
    const live = `location /live { proxy_pass http://app; ${UP} proxy_set_header Upgrade \${APP_TOKEN}; }`;
    const report = await checked(
      `events {}\nhttp { ${upstream} include my-secret/*.conf; server {\n${CODE}\n${WS}\n${live} } }\n`,
      { headers: [{ name: 'X-Key', value: 'my-secret' }], envFile },
    );
    assert.doesNotMatch(JSON.stringify([report.findings, report.changes]), /my-secret|from-the-file/);
    const fails = report.findings.find(({ code }) => code === 'max-fails');
    const lines = ['server  ***  max_fails=0;', 'server  b  max_fails=0;'];
    assert.deepEqual(fails?.remedies, [{ block: 'upstream', lines }]);
    const upgrade = report.findings.find(({ code }) => code === 'upgrade-not-passed');
    assert.deepEqual(upgrade?.data.lacks, [{ lack: 'protocol', written: '***', sent: null }]);
    assert.match(JSON.stringify(report.changes), /\*\*\*\/\*\.conf/);
    assert.ok(!report.findings.some(({ code }) => code === 'part-of-configuration'));
  }));

test('an error that says nothing about the configuration is thrown, or the reason of the signal', async () => {
  await assert.rejects(checked(`events {}\nhttp { server { ${WS} } }\n`), { kind: 'environment' });
  await assert.rejects(checked(null, {}, { path: '/none/nginx.conf' }), { kind: 'usage' });
  const signal = AbortSignal.abort(new Error('stopped'));
  await assert.rejects(checked(`events {}\nhttp { server { ${CODE} } }\n`, {}, { signal }), /stopped/);
});
