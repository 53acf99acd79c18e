import assert from 'node:assert/strict';
import fs, { existsSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  cacheFolder,
  calibrationsFolder,
  PACKAGE_FOLDER,
  PROFILES_FOLDER,
  readVersion,
  TUNINGS_FOLDER,
} from './installation.ts';

/** Makes the package's own folder one that this user may or may not write to. */
function own(t: TestContext, isWritable: boolean): unknown[][] {
  const asked: unknown[][] = [];
  const { mock } = t.mock.method(fs, 'accessSync', (...args: unknown[]) => {
    asked.push(args);
    if (!isWritable) throw new Error('EACCES');
  });
  syncBuiltinESMExports();
  t.after(() => {
    mock.restore();
    syncBuiltinESMExports();
  });
  return asked;
}

test('the profiles, the tunings and the version are those of the package', async () => {
  const manifest = JSON.parse(readFileSync(join(PACKAGE_FOLDER, 'package.json'), 'utf8'));
  assert.equal(await readVersion(), manifest.version);
  assert.ok(existsSync(join(PROFILES_FOLDER, 'plain')));
  assert.equal(TUNINGS_FOLDER, join(PROFILES_FOLDER, 'tunings/'));
});

test('downloads are cached in the package, if this user may write to it', (t) => {
  const asked = own(t, true);
  assert.equal(cacheFolder(), join(PACKAGE_FOLDER, '.cache/'));
  assert.deepEqual(asked, [[PACKAGE_FOLDER, fs.constants.W_OK]]);
  assert.equal(calibrationsFolder(), join(PACKAGE_FOLDER, '.cache/calibrations'));
});

test("otherwise, downloads are cached in the user's folder for caches", (t) => {
  own(t, false);
  const before = process.env.XDG_CACHE_HOME;
  t.after(() => {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
  });
  process.env.XDG_CACHE_HOME = '/caches';
  assert.equal(cacheFolder(), '/caches/nginx-ws-bench');
  delete process.env.XDG_CACHE_HOME;
  assert.equal(cacheFolder(), join(homedir(), '.cache/nginx-ws-bench'));
});
