import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withEveryString } from '../../test/hostile.ts';
import { makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { Problem } from '../model/failure.ts';
import { reportHtml } from '../report/html.ts';
import { readResult } from './read.ts';
import { writeResult } from './write.ts';

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-ws-bench-test-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The message of the problem with a result file of this text. */
async function problemWith(text: string): Promise<string> {
  let message = '';
  await inFolder(async (folder) => {
    const path = join(folder, 'result.json');
    await writeFile(path, text);
    await assert.rejects(readResult(path), (error) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.kind, 'result');
      assert.ok(error.message.includes('result.json'));
      message = error.message;
      return true;
    });
  });
  return message;
}

test('what was written is read, from the file and from the folder', async () => {
  await inFolder(async (folder) => {
    const result = makeResult([makeRun({ seconds: 1 })]);
    const path = await writeResult(folder, result);
    assert.deepEqual(await readResult(path), result);
    assert.deepEqual(await readResult(folder), result);
  });
});

test('a result from before the runner was placed is read, and drawn without it', async () => {
  await inFolder(async (folder) => {
    const run = makeRun({ seconds: 1 });
    const placement = { proxy: [], server: [1], generator: [0] };
    await writeFile(
      join(folder, 'result.json'),
      JSON.stringify(
        makeResult([{ ...run, plan: { ...run.plan, placement: { ...placement, runner: [] } } }]),
        (key, value) => (key === 'runner' ? undefined : value),
      ),
    );
    const result = await readResult(folder);
    assert.deepEqual(result.runs[0]?.plan.placement, { ...placement, runner: [] });
    assert.match(reportHtml(result), /servers 1; generators 0</);
  });
});

test('a file that is not there, or not a file, is named', async () => {
  await assert.rejects(readResult('/nowhere/result.json'), /There is no result at "\/nowhere\/result.json"/);
  await assert.rejects(readResult('/dev/null'), /is not a file/);
  await inFolder(async (folder) => {
    await assert.rejects(readResult(folder), /There is no result at/);
  });
});

test('a truncated file is told from one that never was JSON', async () => {
  const text = JSON.stringify(makeResult([makeRun({ seconds: 1 })]));
  for (const length of [1, 100, text.length - 1]) {
    assert.match(await problemWith(text.slice(0, length)), /ends in the middle/);
  }
  for (const other of ['', 'hello', '{"a": nonsense}', '[[[[[[']) {
    assert.match(await problemWith(other), /is not JSON/);
  }
});

test('another version and other JSON are named as such', async () => {
  const result = makeResult([]);
  assert.match(
    await problemWith(JSON.stringify({ ...result, schemaVersion: 2 })),
    /schema version 2.*reads version 1/,
  );
  for (const other of ['{}', 'null', '[]', '"result"', '{"schemaVersion":"1"}']) {
    assert.match(await problemWith(other), /no schemaVersion/);
  }
});

test('a damaged value is named by its place', async () => {
  const result = makeResult([makeRun({ seconds: 1 })]);
  const [run] = result.runs;
  const [slice] = run?.slices ?? [];
  assert.ok(run && slice);
  slice.counters.sent = -1;
  assert.match(await problemWith(JSON.stringify(result)), /runs\.0\.slices\.0\.counters\.sent/);
  slice.counters.sent = 0;
  slice.histograms = { service: 'AAAA' };
  assert.match(await problemWith(JSON.stringify(result)), /runs\.0\.slices\.0\.histograms\.service/);
  slice.histograms = {};
  assert.match(await problemWith(JSON.stringify({ ...result, extra: 1 })), /damaged/);
});

test('a hostile file neither pollutes nor reaches the terminal', async () => {
  const text = JSON.stringify(makeResult([]));
  const message = await problemWith(text.replace('{', '{"\\u001b]0;owned\\u0007":1,'));
  for (const character of message) assert.ok((character.codePointAt(0) ?? 0) >= 32);
  await problemWith(text.replace('"plan":{', '"plan":{"__proto__":{"polluted":1},'));
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test('a file that is too large is not read', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'result.json');
    await writeFile(path, '{');
    await truncate(path, 2 ** 30);
    await assert.rejects(readResult(path), /1073741824 bytes/);
  });
});

test('any text where text may stand is read', async () => {
  await inFolder(async (folder) => {
    const result = withEveryString(
      makeResult([makeRun({ seconds: 1, cache: true })]),
      '</script>\u0000\u001b[31m',
    );
    assert.deepEqual(await readResult(await writeResult(folder, result)), result);
  });
});
