import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bunHere } from '../../topology/engine.ts';
import { examine } from './examine.ts';

/** Sets a variable of the environment for the rest of a test. */
function set(t: TestContext, name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  t.after(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}

test('a machine is examined without an Nginx, a browser or a usable temporary folder, and with them', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'examine-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [bin, temporary] = [join(folder, 'bin'), join(folder, 'tmp')];
  mkdirSync(bin);
  const none = { source: join(folder, 'no-nginx'), searchPath: bin, cacheDir: folder, say: () => {} };
  set(t, 'PATH', bin);
  set(t, 'TMPDIR', temporary);
  const without = await examine(none, folder);
  assert.equal(typeof without.nginx, 'string');
  assert.deepEqual(without.temporary, { path: temporary, isWritable: false });
  assert.equal(without.browser, null);
  assert.deepEqual([without.loopback, without.otherLoopback], [true, true]);
  assert.equal(without.environment.node, process.version);
  assert.equal(without.environment.bun, bunHere()?.version ?? null);
  assert.ok(without.machine.cpus.length > 0);
  assert.ok(without.busyShare === null || (without.busyShare >= 0 && without.busyShare <= 1));
  assert.deepEqual(Object.keys(without.container), ['cpuQuota', 'memoryLeftBytes']);

  mkdirSync(temporary);
  for (const name of ['google-chrome', 'chrome']) {
    writeFileSync(join(bin, name), '#!/bin/sh\n');
    chmodSync(join(bin, name), 0o755);
  }
  const found = await examine(none, folder);
  assert.deepEqual(found.temporary, { path: temporary, isWritable: true });
  assert.deepEqual(readdirSync(temporary), []);
  assert.equal(found.browser, join(bin, 'google-chrome'));

  const packaged = join(folder, 'node_modules/@sparticuz/chromium');
  mkdirSync(packaged, { recursive: true });
  const isPacked = process.platform === 'linux' && process.arch === 'x64';
  assert.equal((await examine(none, folder)).browser, isPacked ? packaged : found.browser);
});
