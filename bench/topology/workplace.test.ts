import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeOpenFolder } from '../../test/folder.ts';
import { Problem } from '../model/failure.ts';
import { fetchDebianNginx } from '../nginx/debian.ts';
import { identityOf } from './owner.ts';
import { atWorkplace, fetchPlace } from './workplace.ts';

const NEVER = new AbortController().signal;
const SILENT = { say: assert.fail, urgent: NEVER };
const PATH = process.env.PATH ?? '';

const temporary = makeOpenFolder(join(tmpdir(), 'workplace-test-'));
process.env.TMPDIR = temporary;
after(() => rmSync(temporary, { recursive: true, force: true }));

/** Waits for a fact, a minute at most. */
async function until(fact: () => boolean, what: string): Promise<void> {
  for (let left = 6_000; left > 0; left -= 1) {
    if (fact()) return;
    await sleep(10);
  }
  assert.fail(`still not so: ${what}`);
}

describe('workplace', () => {
  for (const [what, change] of [
    ['removed', (folder: string) => rmSync(folder, { recursive: true })],
    [
      'replaced',
      (folder: string) => {
        renameSync(folder, `${folder}-moved`);
        writeFileSync(folder, '');
      },
    ],
  ] as const) {
    it(`reports a private folder that was ${what} while in use`, async () => {
      const sentence = await atWorkplace(SILENT, async ({ folder, processSet }) => {
        change(folder);
        const failed = await processSet.unexpectedExit;
        assert.equal(processSet.hasUnexpectedExit(), true);
        return failed;
      });
      assert.match(sentence, /^The private folder \S+ was removed or replaced while it was in use\.$/);
      for (const name of readdirSync(temporary)) rmSync(join(temporary, name), { recursive: true });
    });
  }

  it('fetches into a folder to which the workers of Nginx have no access, such as that of root', async () => {
    const cache = join(temporary, 'private', 'cache');
    mkdirSync(cache, { recursive: true, mode: 0o700 });
    assert.equal(await fetchPlace(SILENT)(cache, async (folder) => existsSync(folder)), true);
    rmSync(join(temporary, 'private'), { recursive: true });
  });

  it('makes a full disk of the temporary folder a problem of the machine, and leaves our own slips alone', async () => {
    const throwing = (error: (folder: string) => Error) =>
      atWorkplace(SILENT, async ({ folder }) => {
        throw error(folder);
      });
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    await assert.rejects(
      throwing(() => full),
      (error) => error instanceof Problem && error.kind === 'environment' && /TMPDIR/.test(error.message),
    );
    const slip = (path: string) => Object.assign(new Error('ENOENT'), { code: 'ENOENT', path });
    for (const path of ['/elsewhere', 'missing'])
      await assert.rejects(
        throwing((folder) => slip(join(folder, path))),
        (error) => !(error instanceof Problem),
      );
    assert.deepEqual(readdirSync(temporary), []);
  });
});

/** An apt-get that runs for a minute, and writes its pid to a file. */
function slowApt(t: TestContext): { cache: string; pid(): number } {
  const folder = makeOpenFolder(join(temporary, 'apt-'));
  const pidFile = join(folder, 'pid');
  const script = `#!/bin/sh\ncase "$*" in *update*) echo $$ > ${pidFile}; sleep 60 & wait;; esac\n`;
  for (const [name, body] of [
    ['apt-get', script],
    ['dpkg-deb', '#!/bin/sh\n'],
  ] as const)
    writeFileSync(join(folder, name), body, { mode: 0o755 });
  process.env.PATH = `${folder}:${PATH}`;
  t.after(() => {
    process.env.PATH = PATH;
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    cache: join(folder, 'cache'),
    pid: () => (existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0),
  };
}

/** Starts a benchmark that fetches Nginx. */
const FETCHING = `
  const { fetchPlace } = await import(process.argv[1] + '/workplace.js');
  const { fetchDebianNginx } = await import(process.argv[1] + '/../nginx/debian.js');
  const place = fetchPlace({ say() {}, urgent: new AbortController().signal });
  await fetchDebianNginx({ cacheDir: process.argv[2], say() {}, place });
`;

/** Lists the folders of fetches in the cache. */
function fetches(cache: string): string[] {
  return existsSync(cache) ? readdirSync(cache).filter((name) => name.startsWith('fetch-')) : [];
}

describe('a fetch', () => {
  for (const withWarden of [false, true]) {
    it(`that is killed${withWarden ? ' with its clean-up process' : ''} leaves neither apt nor its folder`, async (t) => {
      const { cache, pid } = slowApt(t);
      const bench = spawn(
        process.execPath,
        ['--input-type=module', '-e', FETCHING, import.meta.dirname, cache],
        {
          stdio: 'ignore',
        },
      );
      t.after(() => bench.kill('SIGKILL'));
      await until(() => pid() > 0, 'apt runs');
      const apt = pid();
      const [folder = ''] = fetches(cache);
      const record = () => readFileSync(join(cache, folder, '.nginx-ws-bench-owner'), 'utf8');
      // The bench records apt just after its start, and apt may write its pid before that.
      await until(() => record().includes(`"pid":${apt},`), 'apt is recorded');
      const warden = JSON.parse(record().split('\n')[1] ?? '').pid;
      if (withWarden) process.kill(warden, 'SIGSTOP');
      bench.kill('SIGKILL');
      await once(bench, 'exit');
      if (withWarden) {
        process.kill(warden, 'SIGKILL');
        await until(() => identityOf(warden) === null, 'the warden is gone');
        assert.deepEqual([identityOf(apt) === null, fetches(cache)], [false, [folder]]);
        const said: string[] = [];
        await fetchPlace({ say: (line) => said.push(line), urgent: NEVER })(cache, async () => {});
        assert.match(
          said.join('\n'),
          /^A bench that was killed left \S+\/fetch-\w+ behind\. This bench removed it and ended 1 process that used it\.$/,
        );
      }
      await until(() => identityOf(apt) === null && fetches(cache).length === 0, 'nothing is left');
    });
  }

  it('that is cancelled ends apt, and is not reported as a problem', async (t) => {
    const { cache, pid } = slowApt(t);
    const stop = new AbortController();
    const { signal } = stop;
    const place = fetchPlace({ say: assert.fail, urgent: signal });
    const fetching = fetchDebianNginx({ cacheDir: cache, say: () => {}, signal, place });
    await until(() => pid() > 0, 'apt runs');
    stop.abort(new Error('called off'));
    await assert.rejects(fetching, { message: 'called off' });
    assert.deepEqual([identityOf(pid()), fetches(cache)], [null, []]);
  });

  it('that fails reports apt’s error', async (t) => {
    const { cache } = slowApt(t);
    writeFileSync(
      join(cache, '../apt-get'),
      '#!/bin/sh\ncase "$*" in *--version*) ;; *) echo "E: No luck" >&2; exit 100;; esac\n',
    );
    const place = fetchPlace(SILENT);
    await assert.rejects(fetchDebianNginx({ cacheDir: cache, say: () => {}, place }), (error) => {
      return error instanceof Problem && error.message === 'apt-get update failed: No luck.';
    });
    assert.deepEqual(fetches(cache), []);
  });
});
