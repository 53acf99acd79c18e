import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
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
  assert.ok(levels.length >= 6);
  assert.equal(run.connections, levels[0]);
  assert.deepEqual([run.http, run.server, run.name], [false, 'lean', 'ladder-plain-echo-connections']);
});

test('every axis has at least six levels by default, and takes other levels from --points', () => {
  for (const over of ['connections', 'rate', 'payload', 'nginx-workers'])
    assert.ok(asked(`-p plain --over ${over}`).levels.length >= 6, over);
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
  assert.ok((rate('-p plain --over payload') ?? 0) < 1000);
  assert.ok((rate('-p plain --scenario connect --over nginx-workers') ?? 0) < 1000);
  assert.equal(asked('-p plain --scenario reload').run.load.ratePerSecond, 1000);
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
    ['-p plain --points 5', /from 2 to 12/],
    ['-p plain --points 1,2,3,4,5,6,7,8,9,10,11,12,13', /from 2 to 12/],
    ['-p plain --points 0,5', /--points "0"/],
    ['-p plain,tls', /one variant/],
    ['-p direct --over nginx-workers', /needs Nginx/],
    ['-p plain --steps throughput --arrivals poisson', /--arrivals does not apply/],
    ['-p plain -R 1k --in-flight 2', /--in-flight does not apply/],
    ['-p plain --steps throughput,latency', /one kind of step/],
    ['-p plain --steps throughput --over rate', /--over rate only applies to the latency step/],
    ['-p plain --baseline direct', /ladder has no --baseline/],
  ];
  for (const [line, remedy] of cases) assert.match(refused(line), remedy, line);
});

test('--scenario ladder is rejected with the command to type', () => {
  assert.match(refused('-p plain --scenario ladder', 'run'), /bench -- ladder -p plain --over connections/);
});
