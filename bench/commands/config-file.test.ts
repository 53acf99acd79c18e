import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Problem } from '../model/failure.ts';
import { readConfigFile } from './config-file.ts';
import { fakeServices, filesIn, obey, temporaryFolder } from './services.test.fixture.ts';

const PACKAGE = fileURLToPath(new URL('../../../', import.meta.url));

async function folderWith(t: TestContext, files: Record<string, string>): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

describe('a configuration file in a folder', () => {
  it('is TypeScript, including syntax that needs compilation, and may import modules', async (t) => {
    const folder = await folderWith(t, {
      'sizes.ts': 'export enum Size { Small = 64 }\n',
      'bench.config.ts': `import { join } from 'node:path';
import { type Config, defineConfig } from 'nginx-ws-bench';
import { Size } from './sizes.ts';
const options = { payload: Size.Small, conf: join('a', 'b') } satisfies Config;
export default defineConfig(await Promise.resolve(options));
`,
    });
    const before = await readdir(folder);
    const read = await readConfigFile(null, folder);
    assert.deepEqual(read, { name: 'bench.config.ts', value: { payload: 64, conf: 'a/b' } });
    assert.deepEqual(await readdir(folder), before, 'nothing is written beside it');
  });

  it('is JSON, or missing, or named by --config', async (t) => {
    const folder = await folderWith(t, { 'bench.config.json': '{"seed": 1}', 'other.json': '{"seed": 2}' });
    assert.deepEqual(await readConfigFile(null, folder), { name: 'bench.config.json', value: { seed: 1 } });
    assert.deepEqual(await readConfigFile('other.json', folder), { name: 'other.json', value: { seed: 2 } });
    assert.equal(await readConfigFile(null, await temporaryFolder(t)), null);
  });

  it('is rejected in one sentence if it cannot be read', async (t) => {
    const folder = await folderWith(t, {
      'bench.config.json': '{',
      'bench.config.ts': 'export default {};',
      'syntax.ts': 'export default {',
      'throws.ts': "throw new Error('no secrets here');",
      'bare.ts': 'export const config = {};',
      'config.yaml': 'seed: 1',
    });
    for (const [path, sentence] of [
      [null, /^Both bench\.config\.ts and bench\.config\.json exist/],
      ['bench.config.json', /^bench\.config\.json could not be read: .*JSON.*\.$/],
      ['syntax.ts', /^syntax\.ts could not be read: [^\n]+syntax\.ts:1:\d+\.$/],
      ['throws.ts', /^throws\.ts could not be read: no secrets here\.$/],
      ['bare.ts', /^bare\.ts could not be read: it has no default export/],
      ['config.yaml', /^config\.yaml must be a .*\.ts, .* \.json file\.$/],
      ['missing.ts', /^--config missing\.ts does not exist/],
      ['.', /^\. is not a regular file/],
    ] as const) {
      await assert.rejects(
        readConfigFile(path, folder),
        (error) => error instanceof Problem && error.kind === 'usage' && sentence.test(error.message),
        String(path),
      );
    }
  });

  it('is rejected without waiting if it is a pipe', {
    timeout: 20_000,
  }, async (t) => {
    const folder = await temporaryFolder(t);
    assert.equal(spawnSync('mkfifo', [join(folder, 'bench.config.json')]).status, 0);
    for (const path of [null, 'bench.config.json'])
      await assert.rejects(readConfigFile(path, folder), {
        message: /^bench\.config\.json is not a regular file/,
      });
  });

  it('has a type that editors can use', async (t) => {
    const folder = await folderWith(t, {
      'bench.config.ts': `import { type Config, defineConfig } from 'nginx-ws-bench';
const all: Config = { connections: '10k', profile: ['tls'], 'nginx-workers': 2, noHttp: true, threshold: ['response.p99<50ms'] };
export default defineConfig({ ...all, up: { reply: 'echo' }, compare: { rounds: 12, failOn: 'slower', duration: '3s' } });
// @ts-expect-error there is no such option
defineConfig({ conections: 5 });
// @ts-expect-error it is one of two words
defineConfig({ server: 'fast' });
// @ts-expect-error it is a switch
defineConfig({ strict: 'yes' });
// @ts-expect-error compare has none
defineConfig({ compare: { threshold: 'x' } });
// @ts-expect-error up has none
defineConfig({ up: { rounds: 5 } });
// @ts-expect-error report takes none from a file
defineConfig({ report: { json: true } });
`,
    });
    await mkdir(join(folder, 'node_modules'));
    await symlink(PACKAGE, join(folder, 'node_modules/nginx-ws-bench'));
    const tsc = join(PACKAGE, 'node_modules/.bin/tsc');
    const args = ['--noEmit', '--strict', '--module', 'nodenext', '--types', '', 'bench.config.ts'];
    const { status, stdout } = spawnSync(tsc, args, { cwd: folder, encoding: 'utf8' });
    assert.deepEqual([status, stdout], [0, '']);
  });
});

describe('a command with a configuration file', () => {
  const readConfigFile = async () => ({
    name: 'bench.config.ts',
    value: { steps: 'throughput', header: 'Authorization: Bearer very-secret', conf: 'x.conf' },
  });

  it('lists the options from it, and stores the whole command line with secrets masked', async (t) => {
    const reports = await temporaryFolder(t);
    const services = fakeServices({ readConfigFile });
    const { code, said } = await obey(['--reports', reports], services);
    assert.equal(code, 0, said.join('\n'));
    assert.equal(said[0], 'Options from bench.config.ts: --steps, --header, --conf');
    const [file] = (await filesIn(reports)).filter((path) => path.endsWith('result.json'));
    const text = await readFile(join(reports, file ?? ''), 'utf8');
    assert.doesNotMatch(text, /very-secret/);
    const { command } = JSON.parse(text).plan;
    assert.deepEqual(command.slice(0, 5), ['--reports', reports, '--steps', 'throughput', '--header']);
    assert.deepEqual(command.slice(6), ['--conf', 'x.conf', '--no-config']);
  });

  it('does not look for a file if the command line is invalid or the file could not matter', async () => {
    const services = fakeServices({ readConfigFile: () => assert.fail('a file was looked for') });
    for (const line of [
      '-p tls -d 5',
      '-d 5',
      '-p tls stray',
      '--ws-path x',
      '-p direct --baseline direct',
      '-c 4 --workers 5',
      '-p tls --ws-path /x',
      'compare all',
      'compare --rounds 0',
      'capacity --over rates',
      'capacity -p plain,tls --rate-per-connection 5',
      'calibrate -p all',
      'check',
      'up -p plain,tls',
      'publish --out',
      'report',
      'report nowhere --config x.ts',
      'profiles --config x.ts',
      'doctor --config x.ts',
    ]) {
      const { code, said } = await obey(line.split(' '), services);
      assert.deepEqual([line, code, said.length], [line, 2, 1], said.join('\n'));
    }
  });

  it('looks for a file if the command line lacks an option that the file may provide', async () => {
    let times = 0;
    const services = fakeServices({
      async readConfigFile() {
        times++;
        return null;
      },
    });
    const lines = [
      '-d 5s',
      '--ws-path /x --host a.example',
      '-p tls --steps latency',
      '-p tls --in-flight 4 --arrivals poisson',
      '-p tls --in-flight 4 --threshold response.p99<5ms',
      '--baseline direct',
      'compare',
      'compare tls',
      'compare --ws-path /x',
      'capacity -p tls --rate-per-connection 5',
      'capacity -p tls --over connections --rate 1',
      'capacity --max 1',
      'up --reply echo',
    ];
    for (const [index, line] of lines.entries()) {
      assert.equal((await obey(line.split(' '), services)).code, 2, line);
      assert.equal(times, index + 1, line);
    }
  });

  it('does not look for a file with --no-config, and prints help whatever the file contains', async (t) => {
    const services = fakeServices({ readConfigFile: () => assert.fail('a file was looked for') });
    for (const argv of [
      ['-p', 'plain', '--no-config', '--reports', await temporaryFolder(t)],
      ['profiles', '--no-config'],
      ['profiles'],
      ['--help'],
      ['help'],
      ['version'],
      ['completion', 'bash'],
    ]) {
      assert.equal((await obey(argv, services)).code, 0);
    }
  });
});
