import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bunHere, type Engine } from '../bench/topology/engine.ts';

/** The tests of what may run on Bun, once more on Bun: generator workers, lean client, lean echo server. */

const DIST = fileURLToPath(new URL('..', import.meta.url));
/** On Node whatever runs the workers. */
const ON_NODE_ALONE = /^bench\/load\/(http\/|probe)/;

const files = ['bench/load', 'server'].flatMap((folder) =>
  readdirSync(join(DIST, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`)
    .filter((path) => path.endsWith('.test.js') && !ON_NODE_ALONE.test(path))
    .sort(),
);

async function runOn(bun: Engine, file: string): Promise<{ code: number; output: string }> {
  const child = spawn(bun.command, ['test', '--timeout', '60000', join(DIST, file)], { stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

const bun = bunHere();
if (bun === null) {
  test('there is no Bun on this machine: the suite ran on Node alone', () => {
    assert.equal(bunHere(), null);
  });
} else {
  describe(`on Bun ${bun.version}`, { timeout: 300_000 }, () => {
    assert.ok(files.length > 20, 'the tests are found');
    for (const file of files)
      test(file, async () => {
        const { code, output } = await runOn(bun, file);
        assert.equal(code, 0, output);
        assert.match(output, /^ *[1-9]\d* pass$/m);
        assert.match(output, /^ *0 fail$/m);
      });
  });
}
