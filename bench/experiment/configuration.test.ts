import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { makeOpenFolder } from '../../test/folder.ts';
import { Problem } from '../model/failure.ts';
import type { Profile } from '../model/profile.ts';
import { execute, ownTemporaryFolder, PROFILES } from './experiment.test.fixture.ts';

ownTemporaryFolder();

const LOAD = '-c 5 -w 0ms -d 200ms --no-http';

/** The profile `plain` with a changed nginx.conf. */
async function changed(t: TestContext, change: (text: string) => string): Promise<string> {
  const folder = makeOpenFolder(join(tmpdir(), 'configuration-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'nginx.conf');
  await writeFile(path, change(await readFile(join(PROFILES, 'plain', 'nginx.conf'), 'utf8')));
  return path;
}

describe('a configuration that cannot be run', { concurrency: 3 }, () => {
  for (const [what, change, reason] of [
    [
      'an unknown directive',
      (text: string) => text.replace('server_name', 'servername'),
      /^Nginx rejects the configuration: unknown directive "servername" in PLACE\.$/,
    ],
    [
      'a value that Nginx does not take',
      (text: string) => text.replace('proxy_http_version  1.1', 'proxy_http_version  7'),
      /^Nginx rejects the configuration: invalid value "7".* in PLACE\.$/,
    ],
  ] as const) {
    it(`${what}: the run fails, with file, line and Nginx's message`, async (t) => {
      const path = await changed(t, change);
      const { run } = await execute(t, `--profile plain ${LOAD}`, {
        changeProfile: (profile) => ({ ...profile, configurationPath: path }),
      });
      assert.ok(run.outcome.state === 'failed');
      t.diagnostic(run.outcome.reason);
      assert.match(run.outcome.reason.replaceAll(new RegExp(`${path}:\\d+`, 'g'), 'PLACE'), reason);
      assert.deepEqual([run.slices, run.processes, run.proxy], [[], [], null]);
    });
  }

  for (const [what, change, message] of [
    ['a missing brace', (text: string) => text.replace(/\}\s*$/, ''), /PLACE/],
    [
      'no WebSocket location',
      (text: string) => text.replaceAll('proxy_pass', '#'),
      /no location for WebSockets/,
    ],
  ] as const) {
    it(`${what} is reported before anything runs`, async (t) => {
      const path = await changed(t, change);
      const changeProfile = (profile: Profile) => ({ ...profile, configurationPath: path });
      await assert.rejects(execute(t, `--profile plain ${LOAD}`, { changeProfile }), (error) => {
        assert.ok(error instanceof Problem);
        assert.equal(error.kind, 'configuration');
        assert.match(error.message.replaceAll(path, 'PLACE'), message);
        return true;
      });
    });
  }

  it('that rejects every client: no connection opens, and the run fails', async (t) => {
    const path = await changed(t, (text) => text.replace('proxy_read_timeout', 'deny all; $&'));
    const { run, figures } = await execute(t, `--profile plain ${LOAD}`, {
      changeProfile: (profile) => ({ ...profile, configurationPath: path }),
    });
    assert.deepEqual(run.outcome, { state: 'failed', reason: 'none of its 5 connections opened.' });
    assert.deepEqual(figures.connections, { asked: 5, opened: 0, failed: 5 });
    assert.equal(run.validity.verdict, 'suspect');
  });

  it('is one failed run, and the next one is not affected', async (t) => {
    const path = await changed(t, (text) => text.replace('server_name', 'servername'));
    const { runs } = await execute(t, `--profile plain,direct ${LOAD}`, {
      changeProfile: (profile) =>
        profile.configurationPath === null ? profile : { ...profile, configurationPath: path },
    });
    assert.deepEqual(
      runs.map(({ outcome }) => outcome.state),
      ['failed', 'completed'],
    );
  });
});
