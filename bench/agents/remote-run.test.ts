import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { monotonicNs } from '../load/clock.ts';
import { accepting, agent, agentsThat, HERE, NOTHING, PLAN } from './remote-agents.test.fixture.ts';
import { startRemoteGenerator, startRemoteWatch } from './remote-parts.ts';

test('a process on the machine of the runner is its own; any other is named after its host, in its time', async () => {
  const sample = {
    ...{ cpuUs: 5, residentBytes: 6, voluntarySwitches: 7, involuntarySwitches: 8 },
    ...{ loopUtilisation: null, loopDelayMaxUs: null },
  };
  const processOf = (pid: number) => ({
    ...{
      component: 'generator',
      role: 'generator',
      name: `generator ${pid}`,
      pid,
      bornUs: null,
      endedUs: null,
    },
    samples: [{ atUs: 3_000_000, ...sample }],
  });
  const { bus, state } = agentsThat((name, verb) =>
    verb === 'end'
      ? { ...NOTHING, processes: name === 'a' ? [1, 2].map(processOf) : [processOf(3)] }
      : { refusal: null },
  );
  const agents = [agent('a'), agent('b', { machine: 'other' })];
  const target = { host: '192.0.2.1', ports: [1] };
  const generator = await startRemoteGenerator(bus, agents, HERE, { ...PLAN, target });
  const epochNs = monotonicNs();
  await generator.observe(epochNs, 100);
  // The clock of the other host was put forward by ten seconds since the start of the run.
  state.aheadNs.set('b', 10_000_000_000n);
  const { processes, hosts } = await generator.end();
  assert.deepEqual(processes.slice(0, 2), [processOf(1), processOf(2)]);
  const [{ samples, ...other } = assert.fail(), ...more] = processes.slice(2);
  const { samples: _, ...same } = processOf(3);
  assert.deepEqual([other, more], [{ ...same, host: 'b' }, []]);
  const [{ atUs, ...rest } = assert.fail()] = samples;
  assert.deepEqual([samples.length, rest], [1, sample]);
  assert.notEqual(atUs, 3_000_000);
  assert.deepEqual(
    hosts.map(({ name, isRunners }) => [name, isRunners]),
    [
      ['a', true],
      ['b', false],
    ],
  );
});

/** Lets the time of this process pass only as it is read, by `stepNs` each time. */
function steppedClock(t: TestContext) {
  const clock = { nowNs: 10n ** 12n, stepNs: 0n };
  t.mock.method(process.hrtime, 'bigint', () => {
    clock.nowNs += clock.stepNs;
    return clock.nowNs;
  });
  return clock;
}

test('the error of a clock is the larger one of both comparisons, and its drift their difference', async (t) => {
  const clock = steppedClock(t);
  for (const [beforeNs, afterNs] of [
    [5_000n, 9_000n],
    [9_000n, 5_000n],
  ] as const) {
    const { bus, state } = agentsThat(accepting);
    clock.stepNs = beforeNs;
    const watch = await startRemoteWatch(bus, agent('p', { role: 'proxy' }), HERE);
    clock.stepNs = afterNs;
    state.aheadNs.set('p', -2_600_400n);
    const { hosts } = await watch.end();
    // The error is half of the shortest round trip, and the nanosecond that the division may lose.
    assert.deepEqual(
      hosts.map((host) => [host.clock, host.workers]),
      [[{ errorUs: 10, driftUs: -2600 }, []]],
    );
  }
});

test('times on a clock that gains a thousandth are those since the epoch of the run', async (t) => {
  const clock = steppedClock(t);
  const sample = { atUs: 1_001_000, idleUs: 1, stolenUs: 0, interruptUs: 0 };
  const { bus, state } = agentsThat((_, verb) =>
    verb === 'end' ? { ...NOTHING, machine: { cpus: [0], samples: [sample] } } : { refusal: null },
  );
  const watch = await startRemoteWatch(bus, agent('p', { role: 'proxy', machine: 'other' }), HERE);
  await watch.observe(clock.nowNs, 100);
  clock.nowNs += 10n ** 10n;
  state.aheadNs.set('p', 10n ** 7n);
  const { hosts } = await watch.end();
  assert.deepEqual(
    hosts.map(({ samples }) => samples?.samples.map(({ atUs }) => atUs)),
    [[1_000_000]],
  );
});
