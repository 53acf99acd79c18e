import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { findBun, type Surroundings } from './engine.ts';

const PACKAGED = '/modules/@oven/bun-linux-x64-baseline/bin/bun';

/** A machine on which the commands named here run, with what each prints as its version. */
function machine(versions: Record<string, string>, changes: Partial<Surroundings> = {}): Surroundings {
  return {
    system: 'linux x64',
    env: { PATH: '' },
    packageFile: (name) => `/modules/${name}/package.json`,
    versionOf: (command) => versions[command] ?? null,
    ...changes,
  };
}

/** A folder with a file `bun` that may be executed, as an entry of PATH. */
function onPath(t: TestContext): { command: string; env: { PATH: string } } {
  const folder = mkdtempSync(join(tmpdir(), 'engine-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const command = join(folder, 'bun');
  writeFileSync(command, '', { mode: 0o755 });
  return { command, env: { PATH: folder } };
}

describe('findBun', () => {
  it('takes the one among our own dependencies before that on PATH', (t) => {
    const { command, env } = onPath(t);
    assert.deepEqual(findBun(machine({ [PACKAGED]: '1.4.5', [command]: '1.5.0' }, { env })), {
      name: 'bun',
      version: '1.4.5',
      command: PACKAGED,
    });
  });

  it('has a package for each processor, and none elsewhere', () => {
    const asked: string[] = [];
    const packageFile = (name: string) => {
      asked.push(name);
      return null;
    };
    for (const system of ['linux x64', 'linux arm64', 'darwin arm64', 'linux riscv64'])
      assert.equal(findBun(machine({}, { system, packageFile })), null);
    assert.deepEqual(asked, ['@oven/bun-linux-x64-baseline', '@oven/bun-linux-aarch64']);
  });

  it('without optional dependencies: the one on PATH, else none', (t) => {
    const { command, env } = onPath(t);
    const packageFile = () => null;
    assert.equal(findBun(machine({ [command]: '1.4.5' }, { env, packageFile }))?.command, command);
    assert.equal(findBun(machine({ [command]: '1.4.5' }, { packageFile })), null);
  });

  it('passes over one that does not run here, and one that is too old or says nothing that it knows', (t) => {
    const { command, env } = onPath(t);
    assert.equal(findBun(machine({ [command]: '1.4.4' }, { env }))?.command, command);
    for (const version of ['1.4.3', '1.3.99', '0.9.0', 'bun', ''])
      assert.equal(findBun(machine({ [PACKAGED]: version }, { env })), null, version);
    for (const version of ['1.4.4', '1.4.10', '1.10.0', '2.0.0', '1.5.0-canary.1+abc'])
      assert.equal(findBun(machine({ [PACKAGED]: version }))?.version, version);
  });
});
