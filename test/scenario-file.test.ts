import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Tests that scenario files compile with the types that the package exports. */

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** Returns the compiler's errors on a scenario file, one per line. */
function mistakesIn(t: TestContext, text: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-ws-bench-types-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'chat.ts'), text);
  const compilerOptions = {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(PROJECT, 'node_modules/@types')],
    paths: { 'nginx-ws-bench': [join(PROJECT, 'dist/bench/package.d.ts')] },
  };
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['chat.ts'] }));
  const tsc = join(PROJECT, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
    encoding: 'utf8',
  });
  return stdout.split('\n').filter((line) => line.includes('error TS'));
}

const [, EXAMPLE = ''] =
  /```ts\n(import \{ defineScenario[\s\S]*?)```/.exec(
    readFileSync(join(PROJECT, 'docs/scenarios.md'), 'utf8'),
  ) ?? [];

describe('the types of a scenario file', () => {
  it('fit the example of the documentation', (t) => {
    assert.ok(EXAMPLE.length > 0);
    assert.deepEqual(mistakesIn(t, EXAMPLE), []);
  });

  it('reveal a wrong load, meaning or statistic', (t) => {
    const wrong = EXAMPLE.replace("'open'", "'opne'")
      .replace("'ready'", "'redy'")
      .replace("'p99' }", "'p42' }");
    assert.ok(mistakesIn(t, wrong).length > 0);
  });
});
