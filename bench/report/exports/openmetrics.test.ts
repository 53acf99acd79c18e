import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeComparison } from '../../../test/comparison.ts';
import { makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import type { Conclusion } from '../../model/conclusion.ts';
import type { LadderAxis } from '../../model/ladder.ts';
import type { Run } from '../../model/run.ts';
import { openMetrics } from './openmetrics.ts';

const run = (profile: string, round: number | null = null): Run => {
  const made = makeRun({ profile, seconds: 1, connections: 10, perSecond: 100 });
  return { ...made, plan: { ...made.plan, round } };
};

/** Returns the lines of one family, without the prefix of its name. */
function linesOf(family: string, runs: readonly Run[], conclusions: readonly Conclusion[] = []): string[] {
  const text = openMetrics({ ...makeResult([...runs]), conclusions: [...conclusions] });
  const prefix = `nginx_ws_bench_${family}`;
  return text.split('\n').flatMap((line) => (line.startsWith(prefix) ? [line.slice(prefix.length)] : []));
}

function ladder(over: LadderAxis): Conclusion {
  return {
    ...{ kind: 'ladder', variant: 'plain', scenario: 'echo', step: 'throughput', over },
    ...{ levels: [], rounds: 1, metrics: [], points: [], law: null, memorySlope: null, findings: [] },
  };
}

test('the labels of a run are its number, variant and step, and its round and level if it has them', () => {
  const runs = [run('plain'), run('direct', 2)];
  assert.deepEqual(linesOf('valid', runs), [
    '{run="1",variant="plain",step="throughput",verdict="valid"} 1',
    '{run="2",variant="direct",step="throughput",round="2",verdict="valid"} 1',
  ]);
  assert.deepEqual(linesOf('valid', runs, [ladder('connections')]), [
    '{run="1",variant="plain",step="throughput",connections="10",verdict="valid"} 1',
    '{run="2",variant="direct",step="throughput",round="2",connections="10",verdict="valid"} 1',
  ]);
  // The run without Nginx has no number of workers.
  assert.deepEqual(linesOf('valid', runs, [ladder('nginx-workers')]), [
    '{run="1",variant="plain",step="throughput",nginx_workers="2",verdict="valid"} 1',
    '{run="2",variant="direct",step="throughput",round="2",verdict="valid"} 1',
  ]);
});

test('a run that is not valid is 0, and says what it is', () => {
  const made = run('plain');
  const suspect = { ...made, validity: { ...made.validity, verdict: 'suspect' as const } };
  assert.deepEqual(linesOf('valid', [suspect]), [
    '{run="1",variant="plain",step="throughput",verdict="suspect"} 0',
  ]);
});

test('a family without any value is left out', () => {
  const familiesOf = (...runs: Run[]) =>
    openMetrics(makeResult(runs))
      .split('\n')
      .flatMap((line) => (line.startsWith('# TYPE ') ? line.split(' ').slice(2) : []));
  const [info, ...gauges] = ['result', 'valid', 'connections', 'messages', 'messages_per_second'];
  const more = ['time_seconds', 'cpu_per_message_seconds', 'cpu_per_connection_seconds'];
  const typesOf = (...names: string[]) => names.flatMap((name) => [`nginx_ws_bench_${name}`, 'gauge']);
  assert.deepEqual(familiesOf(run('direct')), [
    ...[`nginx_ws_bench_${info}`, 'info'],
    ...typesOf(...gauges, ...more, 'memory_per_connection_bytes'),
  ]);
  assert.deepEqual(familiesOf(run('plain')), [
    ...[`nginx_ws_bench_${info}`, 'info'],
    ...typesOf(...gauges, 'core_messages_per_second', ...more, 'memory_per_connection_bytes'),
  ]);
});

test('the effects of a comparison are samples with both ends of their interval, as far as they are known', () => {
  const labels = (figure: string, step: string) =>
    `{variant="v",baseline="b",figure="${figure}",step="${step}",bound=`;
  const sample = (figure: string, step: string, effect: number, low: number, high: number) =>
    [`"effect"} ${effect}`, `"low"} ${low}`, `"high"} ${high}`].map((each) => labels(figure, step) + each);
  assert.deepEqual(linesOf('effect_ratio', [run('plain')], [makeComparison('b', 'v')]), [
    ...sample('cpuPerMessage.proxy', 'throughput', 1.25, 1.2, 1.3),
    ...sample('response.p50', 'latency', 1.003, 0.99, 1.01),
    ...sample('memoryPerConnection.proxy', 'throughput', 5.4, 5.3, 5.6),
  ]);
});
