import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bunHere } from '../bench/topology/engine.ts';

/** Repeats tests on Bun for code that may run there: generator workers, lean client, lean echo server. */

const DIST = fileURLToPath(new URL('..', import.meta.url));
/**
 * Tests that are not repeated: code that always runs on Node, figures that Bun lacks, the server as a program, and tests
 * that load a program several times, which Bun does not do.
 */
const ON_NODE_ALONE = /^(bench\/load\/(http\/|probe|loop-reader|worker-commands)|server\/main\.)/;

const files = ['bench/load', 'server'].flatMap((folder) =>
  readdirSync(join(DIST, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`)
    .filter((path) => path.endsWith('.test.js') && !ON_NODE_ALONE.test(path))
    .sort(),
);

interface Ended {
  code: number;
  output: string;
}

async function run(command: string, args: string[], env = process.env): Promise<Ended> {
  const child = spawn(command, args, { stdio: 'pipe', env });
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
  test('there is no Bun on this machine, so the suite only ran on Node', () => {
    assert.equal(bunHere(), null);
  });
} else {
  describe(`on Bun ${bun.version}`, () => {
    assert.ok(files.length > 20, 'the tests are found');
    for (const file of files)
      test(file, async () => {
        const { code, output } = await run(bun.command, ['test', '--timeout', '300000', join(DIST, file)]);
        assert.equal(code, 0, output);
        assert.match(output, /^ *[1-9]\d* pass$/m);
        assert.match(output, /^ *0 fail$/m);
      });
    // These tests run on Node, like the benchmark. NODE_TEST_CONTEXT would make them children of this one.
    test('server/main.test.js, the server on Bun', async () => {
      const env = { ...process.env, NODE_TEST_CONTEXT: undefined, LEAN_SERVER_ENGINE: bun.command };
      const { code, output } = await run(
        process.execPath,
        ['--test', '--test-reporter=tap', join(DIST, 'server/main.test.js')],
        env,
      );
      assert.equal(code, 0, output);
      assert.match(output, /^# pass [1-9]/m);
    });
  });
}
