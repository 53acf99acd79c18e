import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { disturb } from '../../test/machine.ts';
import { CLOSED, makeRun, OPEN } from '../../test/run.ts';
import type { Run } from '../model/run.ts';
import { steadySeconds } from './disturbance.ts';
import { figuresOf } from './figures.ts';

/** A run on four CPUs, where 1 % of the CPU time of a second is 40 ms. */
function openRun(seconds = 4): Run {
  return makeRun({ load: OPEN, seconds, connections: 1000, perSecond: 1000 });
}

function causes(run: Run): (string | null)[] {
  return (steadySeconds(run) ?? assert.fail()).map(({ cause }) => cause);
}

describe('disturbed seconds', () => {
  it('there are none if only processes of the run used CPU time', () => {
    const run = openRun();
    const [steady] = run.slices.slice(4);
    assert.ok(steady);
    // A slice without a length is no second.
    run.slices.splice(4, 0, { ...steady, endUs: steady.startUs });
    assert.deepEqual(
      steadySeconds(run),
      [4, 5, 6, 7].map((second) => ({
        startUs: second * 1e6,
        endUs: (second + 1) * 1e6,
        stolen: 0,
        other: 0,
        cause: null,
      })),
    );
  });

  it('a second is disturbed if the host took 1 % of the CPU time, or other work used 5 %', () => {
    const run = openRun(5);
    disturb(run, 0, { stolenUs: 40_000 });
    disturb(run, 1, { stolenUs: 30_000 });
    disturb(run, 2, { otherUs: 200_000 });
    disturb(run, 3, { otherUs: 190_000 });
    disturb(run, 4, { stolenUs: 50_000, otherUs: 900_000 });
    assert.deepEqual(causes(run), ['steal', null, 'other', null, 'steal']);
    const last = steadySeconds(run)?.at(-1);
    assert.equal(last?.stolen, 50_000 / 4e6);
    assert.ok(Math.abs((last?.other ?? 0) - 900_000 / 4e6) < 1e-4);
  });

  it('CPU time of interleaved runs does not count as other work', () => {
    const run = openRun();
    disturb(run, 1, { otherUs: 900_000 });
    assert.deepEqual(causes(run), [null, 'other', null, null]);
    for (const [i, sample] of (run.machine?.samples ?? []).entries()) if (i >= 6) sample.besideUs = 900_000;
    assert.deepEqual(causes(run), [null, null, null, null]);
  });

  it('on one CPU, at least two ticks of steal or five of other work are needed', () => {
    const run = openRun();
    assert.ok(run.machine);
    run.machine.cpus = [0];
    run.processes = run.processes.slice(0, 1);
    run.machine.samples = run.machine.samples.map((sample) => ({ ...sample, idleUs: sample.atUs + 1e6 }));
    for (const [second, stolenUs] of [19_000, 20_000].entries()) disturb(run, second, { stolenUs });
    for (const [i, otherUs] of [49_000, 50_000].entries()) disturb(run, i + 2, { otherUs });
    assert.deepEqual(causes(run), [null, 'steal', null, 'other']);
  });

  it('the same minimum applies to a shortened second', () => {
    const cutShort = (otherUs: number) => {
      const run = openRun(1);
      const slice = run.slices.find(({ phase }) => phase === 'steady') ?? assert.fail();
      slice.endUs = slice.startUs + 500_000;
      assert.ok(run.machine);
      run.machine.cpus = [0];
      run.processes = run.processes.slice(0, 1);
      run.machine.samples = run.machine.samples.map((sample) => ({ ...sample, idleUs: sample.atUs + 1e6 }));
      disturb(run, 0, { otherUs });
      return causes(run);
    };
    assert.deepEqual([cutShort(80_000), cutShort(110_000)], [[null], ['other']]);
  });

  it('interrupts caused by the run are not other work, whether or not the kernel charges them to its processes', () => {
    const withInterrupts = (charged: boolean) => {
      const run = openRun();
      for (const [i, sample] of run.machine?.samples.entries() ?? []) {
        sample.interruptUs = i * 500_000;
        if (!charged) sample.idleUs -= i * 500_000;
      }
      return run;
    };
    assert.deepEqual(causes(withInterrupts(true)), [null, null, null, null]);
    assert.deepEqual(causes(withInterrupts(false)), [null, null, null, null]);
    for (const charged of [true, false]) {
      const run = withInterrupts(charged);
      disturb(run, 2, { otherUs: 250_000 });
      assert.deepEqual(causes(run), [null, null, 'other', null]);
    }
  });

  it('one second shows whether interrupts are charged, if they exceed what is left by more than 2 % of the CPU time', () => {
    const others = (interruptUs: number, otherUs: number, stolenUs = 0) => {
      const run = openRun();
      for (const [i, sample] of run.machine?.samples.entries() ?? []) {
        sample.interruptUs = i * interruptUs;
        sample.stolenUs = i * stolenUs;
        sample.idleUs -= i * stolenUs;
      }
      disturb(run, 2, { otherUs });
      return steadySeconds(run)?.map(({ other }) => (other ?? assert.fail()) * 4e6);
    };
    assert.deepEqual(others(500_000, 600_000), [0, 0, 600_000, 0]);
    assert.deepEqual(others(80_000, 250_000), [0, 0, 170_000, 0]);
    assert.deepEqual(others(80_001, 250_000), [0, 0, 250_000, 0]);
    // A second does not show it if the host took 1 % of the CPU time.
    assert.deepEqual(others(500_000, 600_000, 40_000), [0, 0, 100_000, 0]);
    assert.deepEqual(others(500_000, 600_000, 39_999), [0, 0, 600_000, 0]);
  });

  it('stolen time does not affect how interrupts are treated, although it may be charged to our processes', () => {
    const run = openRun();
    for (const [i, sample] of run.machine?.samples.entries() ?? []) {
      sample.interruptUs = i * 500_000;
      sample.idleUs -= i * 500_000;
    }
    disturb(run, 1, { stolenUs: 900_000 });
    for (const sample of run.processes[0]?.samples ?? []) if (sample.atUs > 5e6) sample.cpuUs += 900_000;
    assert.deepEqual(causes(run), [null, 'steal', null, null]);
  });

  it('other work is unknown without the CPU time of our own processes', () => {
    const run = openRun();
    disturb(run, 1, { otherUs: 900_000 });
    disturb(run, 2, { stolenUs: 900_000 });
    run.processes = run.processes.map((process) => ({ ...process, samples: [] }));
    assert.deepEqual(causes(run), [null, null, 'steal', null]);
    assert.equal(steadySeconds(run)?.[1]?.other, null);
    // One sample is not enough for a CPU time; one process with two samples is.
    const seen = openRun();
    const [first] = seen.processes;
    assert.ok(first);
    for (const [count, isKnown] of [
      [1, false],
      [2, true],
    ] as const) {
      seen.processes = [
        { ...first, samples: first.samples.slice(0, count) },
        { ...first, samples: [] },
      ];
      assert.deepEqual(
        steadySeconds(seen)?.map(({ other }) => other !== null),
        [isKnown, isKnown, isKnown, isKnown],
      );
    }
  });

  it('there is no result if the machine was not sampled', () => {
    const run = openRun();
    run.machine = null;
    const { disturbed, undisturbed } = figuresOf(run);
    assert.deepEqual([disturbed, undisturbed], [null, null]);
    const sampled = (count: number) => {
      const once = openRun();
      once.machine?.samples.splice(count);
      return figuresOf(once).disturbed;
    };
    assert.deepEqual([sampled(1), sampled(2)], [null, { seconds: 4, of: 4 }]);
  });

  it('figures cover only undisturbed seconds, which are all seconds if none was disturbed', () => {
    const { undisturbed, latencies, disturbed, messages, offered } = figuresOf(openRun());
    assert.deepEqual(disturbed, { seconds: 0, of: 4 });
    assert.deepEqual(undisturbed, {
      perSecond: messages.perSecond,
      response: latencies.response,
      service: latencies.service,
      sendLag: latencies.sendLag,
      inTime: offered?.inTime,
    });
    const closed = figuresOf(makeRun({ load: CLOSED, seconds: 1 })).undisturbed;
    assert.deepEqual([closed?.response, closed?.sendLag, closed?.inTime], [null, null, null]);
  });

  it('echoes that arrive in the drain belong to the last second', () => {
    const count = (...disturbed: number[]) => {
      const run = openRun();
      for (const second of disturbed) disturb(run, second, { stolenUs: 100_000 });
      const { undisturbed, disturbed: of } = figuresOf(run);
      assert.deepEqual(of, { seconds: disturbed.length, of: 4 });
      return undisturbed === null ? null : [undisturbed.response?.count, undisturbed.perSecond];
    };
    const echoed = openRun()
      .slices.slice(4)
      .map(({ counters }) => counters.echoed);
    const [first = 0, second = 0, third = 0, last = 0, drain = 0] = echoed;
    assert.ok(drain > 0);
    assert.deepEqual(count(1), [first + third + last + drain, (first + third + last) / 3]);
    assert.deepEqual(count(3, 0), [second + third, (second + third) / 2]);
    assert.equal(count(0, 1, 2, 3), null);
  });
});
