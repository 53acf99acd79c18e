import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { inFolder, storeResult } from '../../test/folder.ts';
import { withEveryString } from '../../test/hostile.ts';
import { makeMixedRun } from '../../test/mixed.ts';
import { asNobody, COMMON_FOLDER } from '../../test/nobody.ts';
import { makeResult } from '../../test/result.ts';
import { makeRun, OPEN } from '../../test/run.ts';
import { Problem, type ProblemKind } from '../model/failure.ts';
import type { ResultIndex } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import { readIndex, readResult } from './read.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };
const FIRST_RUN = join('runs', '1-tls-throughput.json');

/** Returns the message of the Problem with which reading fails. */
async function problemOf(reading: Promise<unknown>, kind: ProblemKind): Promise<string> {
  let message = '';
  await assert.rejects(reading, (error) => {
    assert.ok(error instanceof Problem, String(error));
    assert.equal(error.kind, kind);
    message = error.message;
    return true;
  });
  return message;
}

/** Returns the message for an index with this text. It must be the same from readResult and readIndex. */
async function indexProblem(text: string): Promise<string> {
  let message = '';
  await inFolder(async (folder) => {
    const path = join(folder, 'result.json');
    await writeFile(path, text);
    message = await problemOf(readResult(path), 'result');
    assert.ok(message.includes('result.json'));
    assert.equal(await problemOf(readIndex(folder), 'result'), message);
  });
  return message;
}

/** Stores a result with one run, and lets `change` modify its index before `look` reads it. */
async function withIndex(
  change: (index: ResultIndex, text: string) => unknown,
  look: (folder: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    await storeResult(folder, makeResult([makeRun(SMALL)]));
    const path = join(folder, 'result.json');
    const text = await readFile(path, 'utf8');
    const changed = change(JSON.parse(text), text);
    await writeFile(path, typeof changed === 'string' ? changed : JSON.stringify(changed));
    await look(folder);
  });
}

test('a stored result is read by its file or its folder, and its index can be read alone', async () => {
  await inFolder(async (folder) => {
    const result = makeResult([makeRun(SMALL), makeRun({ ...SMALL, load: OPEN })]);
    await storeResult(folder, result);
    assert.deepEqual(await readResult(join(folder, 'result.json')), result);
    assert.deepEqual(await readResult(folder), result);
    await rm(join(folder, 'runs'), { recursive: true });
    const index = await readIndex(folder);
    assert.deepEqual({ ...index, runs: [] }, { ...result, runs: [] });
    assert.deepEqual(
      index.runs.map(({ variant, step }) => [variant, step]),
      [
        ['tls', 'throughput'],
        ['tls', 'latency'],
      ],
    );
  });
});

test('a path given by the user that is missing or not a file is a usage error', async () => {
  const missing = await problemOf(readResult('/nowhere/result.json'), 'usage');
  assert.match(missing, /There is no result at "\/nowhere\/result.json"\. Use the path of a result.json/);
  assert.match(await problemOf(readResult('/dev/null'), 'result'), /"\/dev\/null" is not a regular file/);
  await inFolder(async (folder) => {
    assert.match(await problemOf(readResult(folder), 'usage'), /There is no result at/);
    await mkdir(join(folder, 'result.json'));
    assert.match(await problemOf(readIndex(folder), 'result'), /is not a regular file/);
  });
});

test('files that belong to somebody else are named, with the owner to ask', async () => {
  await inFolder(async (folder) => {
    await storeResult(folder, makeResult([makeRun(SMALL)]));
    await chmod(folder, 0o755);
    for (const file of [FIRST_RUN, 'result.json']) {
      await chmod(join(folder, file), 0o000);
      const message = await asNobody(() => problemOf(readResult(folder), 'result'));
      assert.ok(message.includes(file), message);
      assert.match(
        message,
        /cannot be read: this user does not have permission\. Ask its owner for access\.$/,
      );
    }
    // A folder without access permission is not mistaken for an empty one.
    await chmod(folder, 0o000);
    assert.match(await asNobody(() => problemOf(readResult(folder), 'result')), /does not have permission/);
    await chmod(folder, 0o700);
  }, COMMON_FOLDER);
});

test('a truncated file is distinguished from one that never was JSON', async () => {
  const text = JSON.stringify(makeResult([]));
  for (const length of [1, 100, text.length - 1])
    assert.match(await indexProblem(text.slice(0, length)), /is cut off after/);
  for (const other of ['', 'hello', '{"a": nonsense}', '[[[[[['])
    assert.match(await indexProblem(other), /is not JSON/);
});

test('a newer version and other JSON are reported as such', async () => {
  const result = makeResult([]);
  for (const schemaVersion of [0, 3, 1.5]) {
    const message = await indexProblem(JSON.stringify({ ...result, schemaVersion }));
    assert.ok(message.includes(`has schema version ${schemaVersion}, but this bench reads versions 1 to 2`));
  }
  for (const other of ['{}', 'null', '[]', '"result"', '{"schemaVersion":"2"}'])
    assert.match(await indexProblem(other), /no schemaVersion/);
});

test('an unknown scenario is named, with a remedy', async () => {
  const run = makeRun(SMALL);
  const workload = { ...run.plan.workload, scenario: 'of-tomorrow' };
  const other = { ...run, plan: { ...run.plan, workload } };
  const words =
    /uses the scenario of-tomorrow, which this version of the bench does not have\. Use the version of nginx-ws-bench that wrote it/;
  await withIndex(
    (index) => ({ ...index, plan: { ...index.plan, scenario: 'of-tomorrow' } }),
    async (folder) => {
      assert.match(await problemOf(readResult(folder), 'result'), words);
      assert.match(await problemOf(readIndex(folder), 'result'), words);
    },
  );
  await withIndex(
    (index) => index,
    async (folder) => {
      await writeFile(join(folder, FIRST_RUN), JSON.stringify(other));
      const message = await problemOf(readResult(folder), 'result');
      assert.match(message, words);
      assert.match(message, /1-tls-throughput\.json/);
    },
  );
});

test('a damaged value in the index or in the file of a run is reported with its position', async () => {
  assert.match(await indexProblem(JSON.stringify({ ...makeResult([]), extra: 1 })), /extra/);
  const long = await indexProblem(JSON.stringify({ ...makeResult([]), ['x'.repeat(400)]: 1 }));
  assert.ok(long.includes(` (${'x'.repeat(300)}).`), long);
  await withIndex(
    (index) => ({ ...index, runs: index.runs.map((run) => ({ ...run, step: 'other' })) }),
    async (folder) => assert.match(await problemOf(readResult(folder), 'result'), /runs\.0\.step/),
  );
  await withIndex(
    (index) => ({ ...index, plan: { ...index.plan, steps: ['throughput', 'other'] } }),
    async (folder) => assert.match(await problemOf(readIndex(folder), 'result'), /plan\.steps\.1/),
  );
  const run = makeRun(SMALL);
  const [slice] = run.slices;
  assert.ok(slice);
  const sliced = (change: object) => ({ ...run, slices: [{ ...slice, ...change }] });
  const damaged: [value: unknown, place: string][] = [
    [sliced({ counters: { ...slice.counters, sent: -1 } }), 'slices.0.counters.sent'],
    [sliced({ histograms: { service: 'AAAA' } }), 'slices.0.histograms.service is not a histogram'],
    [{ ...run, http: { ...run.http, latency: 'AAAA' } }, 'http.latency is not a histogram'],
    [
      { ...sliced({ histograms: { service: 'AAAA' } }), http: { ...run.http, latency: 'AAAA' } },
      '(slices.0.histograms.service is not a histogram',
    ],
    [{ ...run, extra: 1 }, 'extra'],
    [{ ...run, plan: { ...run.plan, step: 'other' } }, 'plan.step'],
    [sliced({ counters: { ...slice.counters, 'no name': 1 } }), 'slices.0.counters'],
    [sliced({ gauges: { outstanding: 0 } }), 'slices.0.gauges.open'],
    ['text', 'the whole'],
  ];
  for (const [value, place] of damaged) {
    await withIndex(
      (index) => index,
      async (folder) => {
        await writeFile(join(folder, FIRST_RUN), JSON.stringify(value));
        const message = await problemOf(readResult(folder), 'result');
        assert.ok(message.includes('1-tls-throughput.json" is damaged'), message);
        assert.ok(message.includes(place), message);
      },
    );
  }
});

test('histograms of HTTP requests during the load are checked as well', async () => {
  const run = makeMixedRun('plain');
  const load = run.httpLoad ?? assert.fail();
  const [first, second, ...others] = load.course;
  assert.ok(first && second);
  const damaged: [value: Run, place: string | null][] = [
    [run, null],
    [{ ...run, httpLoad: { ...load, total: { ...load.total, latency: 'AAAA' } } }, 'httpLoad.total.latency'],
    [
      { ...run, httpLoad: { ...load, course: [first, { ...second, latency: 'AAAA' }, ...others] } },
      'httpLoad.course.1.latency',
    ],
  ];
  for (const [value, place] of damaged)
    await inFolder(async (folder) => {
      const result = makeResult([run]);
      await storeResult(folder, { ...result, plan: { ...result.plan, scenario: 'mixed', steps: ['mixed'] } });
      await writeFile(join(folder, 'runs/1-plain-mixed.json'), JSON.stringify(value));
      if (place === null) assert.deepEqual((await readResult(folder)).runs, [run]);
      else {
        const message = await problemOf(readResult(folder), 'result');
        assert.ok(message.includes(`(${place} is not a histogram: `), message);
      }
    });
});

test('if the file of a run is missing, cut off, not a file or from another run, it is named', async () => {
  const other = JSON.stringify(makeRun({ ...SMALL, variant: 'plain' }));
  const latency = JSON.stringify(makeRun({ ...SMALL, load: OPEN }));
  const same = makeRun(SMALL);
  const round = JSON.stringify({ ...same, plan: { ...same.plan, round: 3 } });
  const ways: [spoil: (path: string) => Promise<void>, message: RegExp][] = [
    [
      (path) => rm(path),
      /1-tls-throughput\.json" is missing, although it is part of the result\. Copy the complete folder/,
    ],
    [(path) => truncate(path, 1000), /1-tls-throughput\.json" is cut off after 1000 characters/],
    [
      (path) =>
        rm(path)
          .then(() => mkdir(path))
          .then(() => undefined),
      /1-tls-throughput\.json" is not a regular file/,
    ],
    [
      (path) => writeFile(path, other),
      /1-tls-throughput\.json" contains a different run from the one in the index/,
    ],
    [(path) => writeFile(path, latency), /contains a different run from the one in the index/],
    [(path) => writeFile(path, round), /contains a different run from the one in the index/],
  ];
  for (const [spoil, message] of ways) {
    await withIndex(
      (index) => index,
      async (folder) => {
        await spoil(join(folder, FIRST_RUN));
        assert.match(await problemOf(readResult(folder), 'result'), message);
        assert.equal((await readIndex(folder)).runs.length, 1);
      },
    );
  }
});

test("no name of a run's file leads out of the folder", async () => {
  const names = [
    '../../etc/passwd',
    '/etc/passwd',
    'runs/../result.json',
    'runs/1-../../x.json',
    'runs/1-a/b.json',
    'runs\\1-a.json',
    'runs/1-a.json\u0000',
    'runs/0-a.json',
    'file:///etc/passwd',
  ];
  for (const file of names) {
    await withIndex(
      (index) => ({ ...index, runs: index.runs.map((run) => ({ ...run, file })) }),
      async (folder) => {
        const message = await problemOf(readResult(folder), 'result');
        assert.match(message, /damaged, or was not written by this bench \(runs\.0\.file/);
      },
    );
  }
});

test('a hostile file affects neither prototypes nor the terminal', async () => {
  const text = JSON.stringify(makeResult([]));
  const message = await indexProblem(text.replace('{', '{"\\u001b]0;owned\\u0007":1,'));
  for (const character of message) assert.ok((character.codePointAt(0) ?? 0) >= 32);
  for (const version of [1, 2]) {
    await inFolder(async (folder) => {
      const polluted = text
        .replace('"schemaVersion":2', `"schemaVersion":${version}`)
        .replace(
          '"plan":{',
          '"plan":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},',
        );
      await writeFile(join(folder, 'result.json'), polluted);
      await problemOf(readResult(folder), 'result');
      assert.equal(({} as { polluted?: number }).polluted, undefined);
    });
  }
});

/** What somebody else's result may contain instead of a regular file. */
const PLANTED: [what: string, plant: (path: string) => Promise<void>, told: RegExp][] = [
  ['a pipe', async (path) => void execFileSync('mkfifo', [path]), /is not a regular file/],
  ['a device', (path) => symlink('/dev/zero', path), /is a symbolic link/],
  ['a link to a file elsewhere', (path) => symlink('/etc/passwd', path), /is a symbolic link/],
  ['a link that leads nowhere', (path) => symlink('/nowhere', path), /is a symbolic link/],
];

test('the index or the file of a run is neither waited for nor followed if it is not a regular file', async () => {
  for (const [what, plant, told] of PLANTED) {
    for (const file of ['result.json', FIRST_RUN]) {
      await withIndex(
        (index) => index,
        async (folder) => {
          await rm(join(folder, file));
          await plant(join(folder, file));
          const message = await problemOf(readResult(folder), 'result');
          assert.match(message, told, `${what} as ${file}`);
          assert.doesNotMatch(message, /root:/);
        },
      );
    }
  }
});

test('a link to the folder of runs is not followed, but one to the whole result is', async () => {
  await withIndex(
    (index) => index,
    async (folder) => {
      await rename(join(folder, 'runs'), join(folder, 'elsewhere'));
      await symlink(join(folder, 'elsewhere'), join(folder, 'runs'));
      assert.match(await problemOf(readResult(folder), 'result'), /runs" is a symbolic link/);
      await rm(join(folder, 'runs'));
      await rename(join(folder, 'elsewhere'), join(folder, 'runs'));
      await symlink(folder, `${folder}-link`);
      try {
        assert.equal((await readResult(`${folder}-link`)).runs.length, 1);
      } finally {
        await rm(`${folder}-link`);
      }
    },
  );
});

test('a file that is too large is not read', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'result.json');
    await writeFile(path, '{');
    await truncate(path, 2 ** 30);
    assert.match(await problemOf(readResult(path), 'result'), /1073741824 bytes/);
  });
});

test('any text is accepted where text is allowed', async () => {
  const result = makeResult([makeRun({ ...SMALL, cache: true })]);
  // Fields with these names are dropped when a result is read, so that they cannot set a prototype.
  const leftOut = ['__proto__', 'prototype', 'constructor'];
  const anyText = fc.string().filter((text) => !leftOut.includes(text));
  await fc.assert(
    fc.asyncProperty(fc.oneof(anyText, fc.constant('</script>\u0000\u001b[31m')), (text) =>
      inFolder(async (folder) => {
        const hostile = withEveryString(result, text === '' ? ' ' : text);
        await storeResult(folder, hostile);
        assert.deepEqual(await readResult(folder), hostile);
      }),
    ),
    { numRuns: 20 },
  );
});

test('a run of an older index, which does not state its load, is of the scenario of the result', () =>
  withIndex(
    (index) => ({ ...index, runs: index.runs.map(({ load: _, ...run }) => run) }),
    async (folder) => {
      assert.equal((await readResult(folder)).runs.length, 1);
      assert.equal((await readIndex(folder)).runs[0]?.load, null);
    },
  ));

test('processes in older results, which have no roles, get them when read', async () => {
  await inFolder(async (folder) => {
    const result = makeResult([makeRun(SMALL)]);
    await storeResult(folder, result);
    const path = join(folder, FIRST_RUN);
    const run = JSON.parse(await readFile(path, 'utf8'));
    const roles = run.processes.map(({ role }: { role: string }) => role);
    assert.deepEqual(new Set(roles), new Set(['master', 'worker', 'server', 'generator', 'runner']));
    for (const process of run.processes) delete process.role;
    await writeFile(path, JSON.stringify(run));
    assert.deepEqual(await readResult(folder), result);
  });
});
