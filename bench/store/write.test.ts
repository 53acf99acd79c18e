import assert from 'node:assert/strict';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeResult } from '../../test/result.ts';
import { makeRun, OPEN } from '../../test/run.ts';
import { Problem } from '../model/failure.ts';
import { writeListing } from '../report/listing.ts';
import { type Write, writeReport, writeResult } from './write.ts';

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-ws-bench-test-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes a part, and then meets the system's own error for a full disk. */
const fullDisk: Write = async (file, text) => {
  await file.writeFile(text.slice(0, 100));
  const full = await open('/dev/full', 'w');
  try {
    await full.writeFile(text);
  } finally {
    await full.close();
  }
};

test('a run folder has the result, the report and a distribution of each kind of time', async () => {
  await inFolder(async (folder) => {
    const result = makeResult([
      makeRun({ seconds: 1, load: OPEN }),
      makeRun({ seconds: 1, profile: '../../etc/passwd' }),
    ]);
    await writeResult(join(folder, 'run'), result);
    assert.equal(await writeReport(join(folder, 'run'), result), join(folder, 'run', 'report.html'));
    const kinds = ['handshake', 'response', 'sendLag', 'service', 'tcp', 'tls', 'upgrade'];
    assert.deepEqual((await readdir(join(folder, 'run'))).sort(), [
      ...kinds.map((kind) => `1-tls-${kind}.hgrm`),
      ...kinds
        .filter((kind) => kind !== 'response' && kind !== 'sendLag')
        .map((kind) => `2-_etc_passwd-${kind}.hgrm`),
      'report.html',
      'result.json',
    ]);
  });
});

test('a distribution is one that the plotter reads: four columns, rising, in ms', async () => {
  await inFolder(async (folder) => {
    await writeReport(folder, makeResult([makeRun({ seconds: 2 })]));
    const lines = (await readFile(join(folder, '1-tls-service.hgrm'), 'utf8')).split('\n');
    assert.match(lines[0] ?? '', /^\s*Value\s+Percentile\s+TotalCount\s+1\/\(1-Percentile\)$/);
    const rows = lines.filter((line) => /^\s*[\d.]+\s+[\d.]+\s+\d+\s+[\d.]+\s*$/.test(line));
    assert.ok(rows.length > 20);
    const values = rows.map((row) => Number(row.trim().split(/\s+/)[0]));
    assert.deepEqual(
      values,
      values.toSorted((a, b) => a - b),
    );
    assert.ok((values.at(-1) ?? 0) < 100);
    assert.ok(lines.some((line) => /^#\[Mean\s+=.*Total count/.test(line) || /^#\[Max\s+=/.test(line)));
  });
});

test('a full disk leaves the old file, no temporary one, and a sentence', async () => {
  await inFolder(async (folder) => {
    const result = makeResult([]);
    await writeResult(folder, result);
    const before = await readFile(join(folder, 'result.json'), 'utf8');
    await assert.rejects(writeResult(folder, { ...result, endedAt: null }, fullDisk), (error) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.kind, 'environment');
      assert.match(
        error.message,
        /result\.json" could not be written, for the disk is full: free some space/,
      );
      return true;
    });
    assert.deepEqual(await readdir(folder), ['result.json']);
    assert.equal(await readFile(join(folder, 'result.json'), 'utf8'), before);
  });
});

test('a file in the place of a folder is a sentence too', async () => {
  await inFolder(async (folder) => {
    await writeFile(join(folder, 'file'), '');
    await assert.rejects(writeResult(join(folder, 'file'), makeResult([])), /is a file, not a folder/);
  });
});

test('the listing has the newest first, and says what cannot be read', async () => {
  await inFolder(async (folder) => {
    const older = makeResult([makeRun({ seconds: 1 })]);
    const newer = {
      ...makeResult([makeRun({ seconds: 1, profile: 'plain' })]),
      id: 'newer',
      startedAt: '2027-01-01',
    };
    for (const [name, result] of [
      ['a older & <b>', older],
      ['b newer', newer],
    ] as const) {
      await writeResult(join(folder, name), result);
      await writeReport(join(folder, name), result);
    }
    await writeResult(join(folder, 'c broken'), older);
    await writeFile(join(folder, 'c broken', 'result.json'), '{"schemaVersion":1,');
    await writeFile(join(folder, 'unrelated'), '');
    const path = await writeListing(folder);
    assert.equal(path, join(folder, 'index.html'));
    const page = await readFile(join(folder, 'index.html'), 'utf8');
    assert.ok(
      page.indexOf('./b%20newer/report.html') < page.indexOf('./a%20older%20%26%20%3Cb%3E/report.html'),
    );
    assert.ok(page.indexOf('./b%20newer/report.html') > 0);
    assert.match(page, /c broken: .*ends in the middle/);
    assert.ok(!page.includes('<b>'));
    assert.ok(!page.includes('unrelated'));
  });
});

test("the listing leaves an index.html alone that is somebody else's", async () => {
  await inFolder(async (folder) => {
    await writeFile(join(folder, 'index.html'), '<title>My site</title>');
    assert.equal(await writeListing(folder), null);
    assert.equal(await readFile(join(folder, 'index.html'), 'utf8'), '<title>My site</title>');
  });
});
