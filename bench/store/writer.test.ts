import assert from 'node:assert/strict';
import { mkdir, open, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as v from 'valibot';
import { inFolder, storeResult } from '../../test/folder.ts';
import { makeResult } from '../../test/result.ts';
import { CLOSED, makeRun, OPEN } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import { metricsOf } from '../metrics/metrics.ts';
import type { BenchEvent } from '../model/event.ts';
import { Problem } from '../model/failure.ts';
import { stored } from '../model/finding.ts';
import { type ResultHead, resultIndexSchema } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import { type Write, writeFileIn, writeFileWhole } from './file.ts';
import { readIndex, readResult } from './read.ts';
import { makeResultWriter, saveResult, summaryOf } from './writer.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };
const ENDED_AT = '2026-01-02T03:05:35.000Z';

function headOf(runs: Run[]): ResultHead {
  const { runs: _, conclusions: __, endedAt: ___, ...head } = makeResult(runs);
  return head;
}

function planned(number: number, { plan }: Run): BenchEvent {
  return { type: 'run-planned', number, expectedRuns: 2, plan };
}

async function indexIn(folder: string) {
  return v.parse(resultIndexSchema, JSON.parse(await readFile(join(folder, 'result.json'), 'utf8')));
}

/** Writes part of the text, and then fails with the system's own error for a full disk. */
const fullDisk: Write = async (file, text) => {
  await file.writeFile(text.slice(0, 100));
  const full = await open('/dev/full', 'w');
  try {
    await full.writeFile(text);
  } finally {
    await full.close();
  }
};

test('a result is an index and one file per run, named by number, variant and step', async () => {
  await inFolder(async (folder) => {
    const runs = [
      makeRun({ ...SMALL, load: CLOSED }),
      makeRun({ ...SMALL, load: OPEN }),
      makeRun({ ...SMALL, variant: '../../etc/passwd' }),
      makeRun({ ...SMALL, variant: 'x'.repeat(300) }),
    ];
    const [first] = runs;
    assert.ok(first);
    const rounds = { ...first, plan: { ...first.plan, round: 3 } };
    await storeResult(folder, makeResult([...runs, rounds]));
    assert.deepEqual((await readdir(folder)).sort(), ['result.json', 'runs']);
    const files = [
      'runs/1-tls-throughput.json',
      'runs/2-tls-latency.json',
      'runs/3-.._.._etc_passwd-throughput.json',
      `runs/4-${'x'.repeat(60)}-throughput.json`,
      'runs/5-tls-throughput-3.json',
    ];
    assert.deepEqual((await readdir(join(folder, 'runs'))).map((name) => `runs/${name}`).sort(), files);
    const index = await indexIn(folder);
    assert.deepEqual(
      index.runs.map(({ file }) => file),
      files,
    );
    const { plan, startedAt, outcome, validity } = first;
    assert.deepEqual(index.runs[0], {
      file: files[0],
      variant: 'tls',
      step: 'throughput',
      round: null,
      profile: plan.profile,
      startedAt,
      outcome,
      validity,
      load: {
        workload: plan.workload,
        connections: plan.connections,
        rampPerSecond: plan.rampPerSecond,
        warmupMs: plan.warmupMs,
        durationMs: plan.durationMs,
        client: plan.client,
        server: plan.server,
        backend: plan.backend,
        carrier: plan.carrier,
        engine: plan.engine,
        workers: plan.workers,
        servers: plan.servers,
      },
      nginx: first.proxy?.version ?? null,
      metrics: metricsOf(figuresOf(first), first.plan),
    });
  });
});

test('a complete result is saved at once, as the same files', async () => {
  await inFolder(async (folder) => {
    const [first, second] = ['a', 'b/..'].map((variant) => makeRun({ ...SMALL, variant }));
    assert.ok(first && second);
    const long = { ...first, plan: { ...first.plan, variant: 'x'.repeat(61), round: 2 } };
    const direct = { ...second, proxy: null };
    const result = makeResult([long, direct]);
    const files = [`runs/1-${'x'.repeat(60)}-throughput-2.json`, 'runs/2-b_..-throughput.json'];
    const runs = result.runs.map((run, at) => summaryOf(files[at] ?? '', run));
    assert.deepEqual(
      runs.map(({ nginx }) => nginx),
      [first.proxy?.version, null],
    );
    const index = await saveResult(folder, result);
    assert.deepEqual(index, { ...result, runs });
    assert.equal(await readFile(join(folder, 'result.json'), 'utf8'), `${JSON.stringify(index, null, 1)}\n`);
    for (const [at, file] of files.entries())
      assert.equal(await readFile(join(folder, file), 'utf8'), `${JSON.stringify(result.runs[at])}\n`);
    assert.equal((await readdir(join(folder, 'runs'))).length, 2);
  });
});

test('saves follow each other, also after one that failed; the text of the index is indented by one', async () => {
  await inFolder(async (folder) => {
    const runs = ['a', 'b', 'c'].map((variant) => makeRun({ ...SMALL, variant }));
    const log: string[] = [];
    const texts: string[] = [];
    const write: Write = async (file, text) => {
      const name = JSON.parse(text).plan.variant ?? 'index';
      log.push(`${name} begins`);
      await new Promise(setImmediate);
      if (name === 'b') throw new Error('no space for b');
      await file.writeFile(text);
      texts.push(text);
      log.push(`${name} ends`);
    };
    const writer = makeResultWriter(folder, headOf(runs), write);
    const saves = await Promise.allSettled(
      runs.map(async (run, at) => writer.listen({ type: 'run-ended', number: at + 1, run })),
    );
    assert.deepEqual(
      saves.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    const whole = (name: string) => [`${name} begins`, `${name} ends`];
    assert.deepEqual(log, [
      ...[...whole('a'), ...whole('index'), 'b begins'],
      ...[...whole('c'), ...whole('index')],
    ]);
    const index = await indexIn(folder);
    assert.deepEqual(
      index.runs.map(({ variant }) => variant),
      ['a', 'c'],
    );
    assert.match(texts.at(-1) ?? '', /^\{\n "\w/);
  });
});

test('before the first run, the folder contains a result without runs and without an end', async () => {
  await inFolder(async (folder) => {
    const head = headOf([makeRun(SMALL)]);
    await makeResultWriter(join(folder, 'new'), head).begin();
    assert.deepEqual(await readResult(join(folder, 'new')), {
      ...head,
      endedAt: null,
      conclusions: [],
      runs: [],
    });
  });
});

test('if the bench is killed at any moment, the result can be read up to the last save', async () => {
  await inFolder(async (folder) => {
    const [first, second] = [makeRun({ ...SMALL, load: CLOSED }), makeRun({ ...SMALL, load: OPEN })];
    const soFar: Run = { ...second, outcome: { state: 'aborted', reason: 'cut off' }, slices: [] };
    const head = headOf([first, second]);
    const writer = makeResultWriter(folder, head);
    await writer.begin();
    const conclusions = [{ kind: 'left-out' as const, variant: 'tls', reason: stored('a reason') }];
    const steps: [BenchEvent, Run[]][] = [
      [planned(1, first), []],
      [{ type: 'phase', phase: 'steady' }, []],
      [{ type: 'run-ended', number: 1, run: first }, [first]],
      [{ type: 'concluded', conclusions }, [first]],
      [planned(2, second), [first]],
      [{ type: 'checkpoint', number: 2, run: soFar }, [first, soFar]],
      [{ type: 'checkpoint', number: 2, run: { ...soFar, spread: [] } }, [first, { ...soFar, spread: [] }]],
      [{ type: 'run-ended', number: 2, run: second }, [first, second]],
    ];
    for (const [event, runs] of steps) {
      await writer.listen(event);
      const read = await readResult(folder);
      assert.deepEqual(read.runs, runs, event.type);
      assert.equal(read.endedAt, null);
      const { metrics = {} } = (await readIndex(folder)).runs[1] ?? {};
      assert.equal(Object.keys(metrics).length > 0, event.type === 'run-ended' && event.number === 2);
    }
    assert.deepEqual((await readResult(folder)).conclusions, conclusions);
    await writer.end(ENDED_AT);
    const whole = await readResult(folder);
    assert.deepEqual(whole, { ...head, endedAt: ENDED_AT, conclusions, runs: [first, second] });
    assert.deepEqual(writer.result(), whole);
    assert.deepEqual((await readdir(join(folder, 'runs'))).sort(), [
      '1-tls-throughput.json',
      '2-tls-latency.json',
    ]);
  });
});

test('a run that has ended is written only once; a checkpoint does not change the index', async () => {
  await inFolder(async (folder) => {
    const written: string[] = [];
    const write: Write = async (file, text) => {
      const value = JSON.parse(text);
      written.push(value.plan.variant ?? 'index');
      await file.writeFile(text);
    };
    const runs = ['a', 'b'].map((variant) => makeRun({ ...SMALL, variant }));
    const writer = makeResultWriter(folder, headOf(runs), write);
    await writer.begin();
    for (const [index, run] of runs.entries()) {
      await writer.listen(planned(index + 1, run));
      await writer.listen({ type: 'checkpoint', number: index + 1, run });
      await writer.listen({ type: 'checkpoint', number: index + 1, run });
      await writer.listen({ type: 'run-ended', number: index + 1, run });
    }
    await writer.end(ENDED_AT);
    const each = (name: string) => [name, 'index', name, name, 'index'];
    assert.deepEqual(written, ['index', ...each('a'), ...each('b'), 'index']);
  });
});

test('later interleaved runs may be saved first or at the same time; the index has them in order', async () => {
  await inFolder(async (folder) => {
    const runs = ['a', 'b'].map((variant) => makeRun({ ...SMALL, variant }));
    const writer = makeResultWriter(folder, headOf(runs));
    await writer.begin();
    const [first, second] = runs as [Run, Run];
    for (const [index, run] of runs.entries()) await writer.listen(planned(index + 1, run));
    await writer.listen({ type: 'checkpoint', number: 2, run: second });
    assert.deepEqual((await readResult(folder)).runs, [second]);
    await Promise.all([
      writer.listen({ type: 'checkpoint', number: 1, run: first }),
      writer.listen({ type: 'run-ended', number: 2, run: second }),
      writer.listen({ type: 'run-ended', number: 1, run: first }),
    ]);
    assert.deepEqual((await readResult(folder)).runs, runs);
  });
});

test('if the disk is full, the old file remains, no temporary file is left, and a sentence is reported', async () => {
  await inFolder(async (folder) => {
    const run = makeRun(SMALL);
    await storeResult(folder, makeResult([run]));
    const before = await readFile(join(folder, 'result.json'), 'utf8');
    const writer = makeResultWriter(folder, headOf([run]), fullDisk);
    const full = (file: string) => (error: unknown) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.kind, 'environment');
      assert.ok(error.message.includes(`${file}" cannot be written: the disk is full. Free some space`));
      return true;
    };
    await assert.rejects(writer.end(ENDED_AT), full('result.json'));
    await writer.listen(planned(1, run));
    await assert.rejects(
      async () => writer.listen({ type: 'run-ended', number: 1, run }),
      full('1-tls-throughput.json'),
    );
    assert.deepEqual((await readdir(folder)).sort(), ['result.json', 'runs']);
    assert.deepEqual(await readdir(join(folder, 'runs')), ['1-tls-throughput.json']);
    assert.equal(await readFile(join(folder, 'result.json'), 'utf8'), before);
    assert.deepEqual((await readResult(folder)).runs, [run]);
    assert.deepEqual(writer.result().runs, []);
  });
});

test('anything in the place of a folder or file is named, with a remedy', async () => {
  await inFolder(async (folder) => {
    await writeFile(join(folder, 'file'), '');
    await assert.rejects(
      makeResultWriter(join(folder, 'file'), headOf([])).begin(),
      /a part of the path is a file, not a folder/,
    );
    await mkdir(join(folder, 'result.json'));
    await assert.rejects(makeResultWriter(folder, headOf([])).begin(), /it is a folder\. Remove it/);
  });
});

test('nothing is written through a link at the temporary name or at the target', async () => {
  await inFolder(async (folder) => {
    const victim = join(folder, 'victim');
    await writeFile(victim, 'untouched');
    const result = join(folder, 'result');
    await mkdir(result);
    await symlink(victim, join(result, 'report.html'));
    for (const suffix of ['.tmp', ''])
      await symlink(victim, join(result, `.report.html.${process.pid}${suffix}`));
    await writeFileWhole(join(result, 'report.html'), 'a report');
    assert.equal(await readFile(victim, 'utf8'), 'untouched');
    assert.equal(await readFile(join(result, 'report.html'), 'utf8'), 'a report');
    const names = new Set<string>();
    const noting: Write = async (file, text) => {
      for (const name of await readdir(result)) names.add(name);
      await file.writeFile(text);
    };
    for (let time = 0; time < 3; time++) await writeFileWhole(join(result, 'report.html'), 'again', noting);
    assert.equal(names.size, 1 + 2 + 3, 'no name of a temporary file comes twice');
  });
});

test('nothing is written into a linked folder within a result', async () => {
  await inFolder(async (folder) => {
    const [result, victim] = [join(folder, 'result'), join(folder, 'victim')];
    await mkdir(result);
    await mkdir(victim);
    await symlink(victim, join(result, 'runs'));
    await assert.rejects(
      writeFileIn(result, 'runs/1-x.json', '{}'),
      (error) => error instanceof Problem && /runs" is a symbolic link/.test(error.message),
    );
    assert.deepEqual(await readdir(victim), []);
    await writeFileIn(result, 'other/1-x.json', '{}');
    assert.deepEqual(await readdir(join(result, 'other')), ['1-x.json']);
  });
});
