import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CalibratedMachine, KeptCalibration } from '../model/calibration.ts';
import { findCalibration, keepCalibration } from './calibrations.ts';

const MACHINE: CalibratedMachine = {
  cpuModel: '../../etc/passwd',
  cpus: 2,
  kernel: '6.1.0',
  engine: 'bun',
  carrier: 'sockets',
  nginx: '1.22.1',
};

function kept(machine = MACHINE, rounds = 10): KeptCalibration {
  return {
    schemaVersion: 2,
    machine,
    id: '20250102T030405Z-calibrate-plain',
    startedAt: '2025-01-02T03:04:05.000Z',
    profile: 'plain',
    rounds,
    connections: 1000,
    durationMs: 3000,
    falsePositives: { figures: 16, called: 0, interval: [0, 0.19] },
    spread: [
      {
        name: 'response.p50',
        step: 'latency',
        runs: 10,
        variation: 0.02,
        detectable: 1.03,
        components: null,
      },
    ],
    costs: [],
    known: [],
  };
}

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'calibrations-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('a stored calibration is only found for the same machine, engine and Nginx', async (t) => {
  const folder = join(await folderFor(t), 'made');
  assert.equal(await findCalibration(folder, MACHINE), null);
  const path = await keepCalibration(folder, kept());
  assert.ok(path.startsWith(`${folder}/`) && !path.slice(folder.length + 1).includes('/'), path);
  assert.deepEqual(await findCalibration(folder, MACHINE), kept());
  // Later versions find the file under this name.
  assert.equal(basename(path), '1912e4b60f8000aa.json');
  const other = await keepCalibration(folder, kept({ ...MACHINE, carrier: 'io_uring' }));
  assert.equal(basename(other), '739be07266a75e39.json');
  await rm(other);
  assert.equal(await readFile(path, 'utf8'), `${JSON.stringify(kept(), null, 1)}\n`);
  const others = [
    { cpus: 4 },
    { kernel: '6.2' },
    { engine: 'node' as const },
    { carrier: 'io_uring' as const },
    { nginx: '1.26.3' },
    { cpuModel: 'x' },
  ];
  for (const change of others) assert.equal(await findCalibration(folder, { ...MACHINE, ...change }), null);
});

test('a new calibration replaces the previous one for the same machine', async (t) => {
  const folder = await folderFor(t);
  await keepCalibration(folder, kept());
  await keepCalibration(folder, kept(MACHINE, 30));
  await keepCalibration(folder, kept({ ...MACHINE, nginx: '1.26.3' }));
  assert.equal((await readdir(folder)).length, 2);
  assert.deepEqual(await findCalibration(folder, MACHINE), kept(MACHINE, 30));
});

test('one of an earlier version is outdated until a later one takes its place', async (t) => {
  const folder = await folderFor(t);
  await keepCalibration(folder, { ...kept(), schemaVersion: 1 });
  assert.equal(await findCalibration(folder, MACHINE), 'outdated');
  await keepCalibration(folder, kept());
  assert.deepEqual(await findCalibration(folder, MACHINE), kept());
});

test('a damaged calibration counts as missing', async (t) => {
  const folder = await folderFor(t);
  const path = await keepCalibration(folder, kept());
  for (const text of ['', '{', '[]', JSON.stringify({ ...kept(), rounds: -1 })]) {
    await writeFile(path, text);
    assert.equal(await findCalibration(folder, MACHINE), null);
  }
});

test('a pipe or a link in its place counts as missing and is replaced by a new calibration', async (t) => {
  const folder = await folderFor(t);
  const path = await keepCalibration(folder, kept());
  await rename(path, join(folder, 'elsewhere'));
  await symlink(join(folder, 'elsewhere'), path);
  assert.equal(await findCalibration(folder, MACHINE), null);
  await rm(path);
  execFileSync('mkfifo', [path]);
  assert.equal(await findCalibration(folder, MACHINE), null);
  await keepCalibration(folder, kept(MACHINE, 30));
  assert.deepEqual(await findCalibration(folder, MACHINE), kept(MACHINE, 30));
});
