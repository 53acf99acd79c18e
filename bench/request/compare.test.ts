import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CompareRequest, parseRequest } from './request.ts';

function compare(...argv: string[]): CompareRequest {
  const request = parseRequest(['compare', ...argv]);
  assert.equal(request.command, 'compare');
  return request.compare;
}

const words = (line: string) => line.split(' ');

test('with only two variants, the comparison has short runs of both steps, and as many rounds as needed', () => {
  const { run, ...comparison } = compare('plain', 'tls+buf-16k');
  assert.deepEqual(comparison, {
    tunes: [],
    rounds: null,
    budgetMs: null,
    hasDuration: false,
    failOnSlower: false,
  });
  const { variants, steps, durationMs, warmupMs, http, load, connections, name } = run;
  const { ratePerSecond } = load;
  assert.deepEqual(
    { variants, steps, durationMs, warmupMs, http, ratePerSecond, connections, name },
    {
      variants: ['plain', 'tls+buf-16k'],
      steps: ['throughput', 'latency'],
      durationMs: 3000,
      warmupMs: 1000,
      http: false,
      ratePerSecond: null,
      connections: 1000,
      name: 'compare-plain-tls+buf-16k',
    },
  );
});

test('all options of its own and of a run are accepted', () => {
  const request = compare(
    ...words('plain tls plain -R 5k -d 1s -w 500ms -c 100 --rounds 3 --budget 10m --markdown a.md'),
    ...words('--fail-on slower --json --seed 7 --payload 64k --name mine'),
    '--tune',
    'events { multi_accept on; }',
    '--tune=http { gzip on; }',
  );
  assert.deepEqual(request.tunes, ['events { multi_accept on; }', 'http { gzip on; }']);
  assert.deepEqual(
    [request.rounds, request.budgetMs, request.run.exports],
    [3, 600_000, [{ name: 'markdown', path: 'a.md' }]],
  );
  const { variants, steps, load, durationMs, warmupMs, connections, json, seed, payload, name } = request.run;
  assert.equal(request.failOnSlower, true);
  assert.equal(request.hasDuration, true);
  for (const rounds of [1, 1000])
    assert.equal(compare(...words(`plain tls --rounds ${rounds}`)).rounds, rounds);
  assert.deepEqual(variants, ['plain', 'tls', 'plain']);
  assert.deepEqual(steps, ['throughput', 'latency']);
  assert.deepEqual(
    [load.ratePerSecond, durationMs, warmupMs, connections, json, seed, payload.maxBytes, name],
    [5000, 1000, 500, 100, true, 7, 65_536, 'mine'],
  );
});

test('one variant is enough if a tuning is given', () => {
  const { run, tunes } = compare('tls', '--tune', 'http { tcp_nodelay off; }');
  assert.deepEqual([run.variants, tunes.length, run.name], [['tls'], 1, 'compare-tls-tune-1']);
});

test("users' configurations are variants like any other, and are named after their files", () => {
  const { run } = compare(...words('plain --conf ./site/a.conf --conf b.conf'));
  assert.deepEqual(
    [run.variants, run.configurations, run.name],
    [['plain'], ['./site/a.conf', 'b.conf'], 'compare-plain-a.conf-b.conf'],
  );
  assert.deepEqual(compare(...words('--conf a.conf --conf b.conf')).run.variants, []);
  assert.equal(compare(...words('--conf a.conf --tune x')).run.name, 'compare-a.conf-tune-1');
  assert.deepEqual(compare(' plain ', 'tls').run.variants, ['plain', 'tls']);
});

test('a single step may be selected, even latency without a rate: the pilot finds the rate', () => {
  assert.deepEqual(compare('plain', 'tls', '--steps', 'latency').run.steps, ['latency']);
  assert.deepEqual(compare('plain', 'tls', '--steps', 'throughput').run.steps, ['throughput']);
});

test('usage errors are reported in a sentence', () => {
  const cases: [line: string, message: RegExp][] = [
    ['', /compare tls tls\+buf-16k\./],
    ['plain', /^`compare` needs at least two variants/],
    ['--tune x', /^`compare` needs at least two variants/],
    ['all', /`all`/],
    ['--tune x --tune y', /^`compare` needs at least two variants/],
    ['plain tls --rounds 0', /--rounds/],
    ['plain tls --rounds 1001', /^--rounds "1001" must be between 1 and 1k\.$/],
    ['plain tls --rounds many', /--rounds/],
    ['plain tls --budget 5', /--budget/],
    ['plain tls --fail-on faster', /^--fail-on "faster" must be slower\.$/],
    ['plain tls --threshold messages.lost==0', /^compare has no --threshold: use --fail-on slower\.$/],
    ['plain tls --profile tls', /^compare has no --profile:/],
    ['plain tls --round 5', /Did you mean --rounds\?/],
    ['plain tls --steps throughput -R 5k', /^--rate .*latency step/],
    ['plain tls --steps latency --in-flight 2', /^--in-flight .*throughput step/],
  ];
  for (const [line, message] of cases) {
    assert.throws(
      () => compare(...words(line).filter((word) => word !== '')),
      { kind: 'usage', message },
      line,
    );
  }
});
