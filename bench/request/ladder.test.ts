import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { LADDER_AXES } from '../model/ladder.ts';
import { SCENARIOS } from '../scenarios/registry.ts';
import { parseRequest } from './request.ts';

function asked(line: string) {
  const request = parseRequest(['ladder', ...line.split(' ')]);
  assert.ok(request.command === 'ladder');
  return request.ladder;
}

function refused(line: string, command = 'ladder'): string {
  try {
    parseRequest([command, ...line.split(' ')]);
  } catch (error) {
    assert.ok(error instanceof Problem && error.kind === 'usage');
    return error.message;
  }
  return assert.fail(`${line} is accepted`);
}

test('by default over connections, on a schedule, twice at each of at least six levels', () => {
  const { over, step, levels, isDefault, rounds, run } = asked('-p plain');
  assert.deepEqual([over, step.name, rounds, isDefault], ['connections', 'latency', 2, true]);
  assert.equal(run.load.ratePerSecond, 1000);
  assert.deepEqual(levels, [1, 4, 16, 64, 256, 1024, 4096]);
  assert.equal(run.connections, 1);
  assert.deepEqual([run.http, run.server, run.name], [false, 'lean', 'ladder-plain-echo-connections']);
  assert.deepEqual([run.warmupMs, run.durationMs, run.steps], [1000, 2000, ['latency']]);
  assert.equal(asked('-p plain --points 9,7').run.connections, 7);
  assert.equal(asked('-p plain --over payload').run.connections, 100);
});

test("a user's configuration is a variant like any other, and given values apply", () => {
  const { run, rounds, isDefault } = asked('--conf ./site/a.conf --server ws --points 1,2 --rounds 100');
  assert.deepEqual(
    [run.variants, run.configurations, run.name, run.server, rounds, isDefault],
    [[], ['./site/a.conf'], 'ladder-a.conf-echo-connections', 'ws', 100, false],
  );
  assert.deepEqual([asked('-p plain --rounds 1').rounds, asked('-p plain --name x').run.name], [1, 'x']);
});

test('every axis has at least six levels by default, and takes other levels from --points', () => {
  for (const [over, levels] of [
    ['rate', [250, 500, 1000, 2000, 4000, 8000]],
    ['payload', [64, 256, 1024, 4096, 16_384, 65_536, 262_144]],
    ['nginx-workers', [1, 2, 3, 4, 6, 8]],
  ] as const)
    assert.deepEqual(asked(`-p plain --over ${over}`).levels, levels);
  const spaced = parseRequest(['ladder', '-p', 'plain', '--over', 'payload', '--points', '10, 1']);
  assert.ok(spaced.command === 'ladder');
  assert.deepEqual(spaced.ladder.levels, [1, 10]);
  assert.equal(asked('-p plain --points 1,2,3,4,5,6,7,8,9,10,11,12').levels.length, 12);
  assert.deepEqual(asked('-p plain --over payload --points 1k,64,1k').levels, [64, 1024]);
  assert.deepEqual(asked('-p plain --over rate --points 1k,0.5').levels, [0.5, 1000]);
  assert.deepEqual(asked('-p plain --points 1k,2').levels, [2, 1000]);
});

test('a rate selects the step with a schedule, over every axis', () => {
  const load = (line: string) => asked(line).step.load;
  assert.equal(load('-p plain --over rate'), 'open');
  assert.equal(load('-p plain -R 1k'), 'open');
  assert.equal(load('-p plain --in-flight 4'), 'closed');
  assert.equal(load('-p plain --steps throughput'), 'closed');
  const rate = (line: string) => asked(line).run.load.ratePerSecond;
  assert.equal(rate('-p plain -R 2k'), 2000);
  assert.equal(rate('-p plain --over payload'), 200);
  assert.equal(rate('-p plain --scenario connect --over nginx-workers'), 100);
  assert.equal(rate('-p plain --over rate'), null);
  assert.equal(rate('-p plain --steps throughput'), null);
  assert.equal(asked('-p plain --scenario reload').run.load.ratePerSecond, 1000);
});

test('every scenario takes the quantities that it has', () => {
  const axes = SCENARIOS.map(({ name }) => [
    name,
    LADDER_AXES.filter((over) => {
      try {
        // Some scenarios need more connections than the lowest default level.
        const points = over === 'connections' ? ' --points 100,200' : '';
        return asked(`-p plain --scenario ${name} --over ${over}${points}`).over === over;
      } catch {
        return false;
      }
    }),
  ]);
  const all = ['connections', 'rate', 'payload', 'nginx-workers'];
  assert.deepEqual(LADDER_AXES, all);
  assert.deepEqual(Object.fromEntries(axes), {
    echo: all,
    idle: ['connections', 'nginx-workers'],
    reload: all,
    connect: ['connections', 'rate', 'nginx-workers'],
    storm: ['connections', 'nginx-workers'],
    broadcast: all,
    'backend-loss': all,
    'slow-consumer': all,
    mixed: all,
  });
});

test('in scenarios without messages, only connections and workers can be increased', () => {
  assert.equal(asked('-p plain --scenario idle').step.name, asked('-p plain --scenario idle').run.steps[0]);
  assert.equal(asked('-p plain --scenario storm --over nginx-workers').over, 'nginx-workers');
  for (const over of ['rate', 'payload'])
    assert.match(
      refused(`-p plain --scenario idle --over ${over}`),
      /Use --over connections or nginx-workers\./,
    );
});

test('options that contradict the ladder are rejected', () => {
  const cases: [string, RegExp][] = [
    ['-p plain -c 10', /--points/],
    ['-p plain --over payload --payload 1k', /--points/],
    ['-p plain --points 5,5', /^--points "5,5" has 1 distinct level\. .* from 2 to 12/],
    ['-p plain --points 1,2,3,4,5,6,7,8,9,10,11,12,13', / has 13 distinct levels\. .* from 2 to 12/],
    ['-p plain --over payload --points 0,5', /--points "0"/],
    ['-p plain --over payload --points 1,17M', /--points "17M"/],
    ['-p plain --over nginx-workers --points 1,257', /--points "257"/],
    ['-p plain --rounds 0', /--rounds "0" must be between 1 and 100/],
    ['-p plain --rounds 101', /--rounds "101" must be between 1 and 100/],
    ['-p plain --conf a.conf', /one variant/],
    ['-p all', /one variant/],
    ['-p plain --threshold perCoreCapacity>1', /^--threshold .* the throughput step/],
    ['-p plain --threshold http.p99<1s', /^--threshold .* HTTP requests/],
    ['-p plain --steps throughput -R 1k', /^--rate only applies to the latency step\./],
    ['-p plain --steps latency --in-flight 2', /^--in-flight only applies to the throughput step\./],
    [
      '-p plain --scenario connect --steps scheduled --pending 2',
      /^--pending does not apply to the scheduled/,
    ],
    ['-p plain --points 0,5', /--points "0"/],
    ['-p plain,tls', /one variant/],
    ['-p direct --over nginx-workers', /needs Nginx/],
    ['-p plain --steps throughput --arrivals poisson', /--arrivals does not apply/],
    ['-p plain -R 1k --in-flight 2', /--in-flight does not apply/],
    ['-p plain --steps throughput,latency', /one kind of step/],
    ['-p plain --steps throughput --over rate', /--over rate only applies to the latency step/],
    ['-p plain --baseline direct', /ladder has no --baseline/],
    ['-p plain --target ws://a', /ladder has no --target: it starts the variant that it puts under load/],
  ];
  for (const [line, remedy] of cases) assert.match(refused(line), remedy, line);
});

test('--scenario ladder is rejected with the command to type', () => {
  assert.match(refused('-p plain --scenario ladder', 'run'), /bench -- ladder -p plain --over connections/);
});
