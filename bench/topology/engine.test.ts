import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { bunHere, findBun, type Surroundings } from './engine.ts';

const PACKAGED = '/modules/@oven/bun-linux-x64-baseline/bin/bun';

/** A machine on which only these commands run; each prints the given version. */
function machine(versions: Record<string, string>, changes: Partial<Surroundings> = {}): Surroundings {
  return {
    system: 'linux x64',
    env: { PATH: '' },
    packageFile: (name) => `/modules/${name}/package.json`,
    versionOf: (command) => versions[command] ?? null,
    ...changes,
  };
}

/** Creates a folder with an executable file `bun`, for use in PATH. */
function onPath(t: TestContext): { command: string; env: { PATH: string } } {
  const folder = mkdtempSync(join(tmpdir(), 'engine-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const command = join(folder, 'bun');
  writeFileSync(command, '', { mode: 0o755 });
  return { command, env: { PATH: folder } };
}

describe('findBun', () => {
  it('prefers our own dependency to the one on PATH', (t) => {
    const { command, env } = onPath(t);
    assert.deepEqual(findBun(machine({ [PACKAGED]: '1.4.5', [command]: '1.5.0' }, { env })), {
      name: 'bun',
      version: '1.4.5',
      command: PACKAGED,
    });
  });

  it('is called once for this machine', () => {
    assert.equal(bunHere(), bunHere());
  });

  it('has a package for each supported processor, and no others', () => {
    const asked: string[] = [];
    const packageFile = (name: string) => {
      asked.push(name);
      return null;
    };
    for (const system of ['linux x64', 'linux arm64', 'darwin arm64', 'linux riscv64'])
      assert.equal(findBun(machine({}, { system, packageFile })), null);
    assert.deepEqual(asked, ['@oven/bun-linux-x64-baseline', '@oven/bun-linux-aarch64']);
  });

  it('without optional dependencies, uses the one on PATH, if any', (t) => {
    const { command, env } = onPath(t);
    const packageFile = () => null;
    assert.equal(findBun(machine({ [command]: '1.4.5' }, { env, packageFile }))?.command, command);
    assert.equal(findBun(machine({ [command]: '1.4.5' }, { packageFile })), null);
  });

  it('skips a Bun that does not run here, is too old, or prints no known version', (t) => {
    const { command, env } = onPath(t);
    assert.equal(findBun(machine({ [command]: '1.4.4' }, { env }))?.command, command);
    for (const version of ['1.4.3', '1.3.99', '0.9.0', 'bun', ''])
      assert.equal(findBun(machine({ [PACKAGED]: version }, { env })), null, version);
    for (const version of ['1.4.4', '1.4.10', '1.10.0', '2.0.0', '1.5.0-canary.1+abc'])
      assert.equal(findBun(machine({ [PACKAGED]: version }))?.version, version);
  });
});
