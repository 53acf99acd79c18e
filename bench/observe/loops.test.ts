import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Sample } from '../model/run.ts';
import { creditBusyTime, creditLoops, type LoopNote } from './loops.ts';

function samplesAt(...times: number[]): Sample[] {
  return times.map((atUs) => ({
    atUs,
    cpuUs: 0,
    residentBytes: 1,
    voluntarySwitches: 0,
    involuntarySwitches: 0,
    loopUtilisation: null,
    loopDelayMaxUs: null,
  }));
}

function note(startUs: number, endUs: number, utilisation: number, delayMaxUs = 0): LoopNote {
  return { startUs, endUs, utilisation, delayMaxUs };
}

describe('loop notes', () => {
  const told = (samples: Sample[], notes: LoopNote[]) =>
    creditLoops(samples, notes).map(({ loopUtilisation, loopDelayMaxUs }) => [
      loopUtilisation,
      loopDelayMaxUs,
    ]);

  it('are weighted by their overlap with a sample', () => {
    const samples = samplesAt(0, 1000, 2000, 3000);
    assert.deepEqual(
      told(samples, [note(0, 1000, 0.9, 5), note(1000, 1250, 0.1, 3), note(1250, 2000, 0.5, 4)]),
      [
        [null, null],
        [0.9, 5],
        [0.25 * 0.1 + 0.75 * 0.5, 4],
        [null, null],
      ],
    );
  });

  it('that overlap several samples are divided, and their longest delay counts once', () => {
    assert.deepEqual(told(samplesAt(0, 1000, 2000), [note(400, 1400, 0.6, 70.2), note(1400, 2400, 0.2, 9)]), [
      [null, null],
      [0.6, 70],
      [0.4 * 0.6 + 0.6 * 0.2, 9],
    ]);
  });

  it('that end when a sample was taken belong to that sample', () => {
    assert.deepEqual(told(samplesAt(0, 1000, 2000), [note(0, 1000, 0.9, 5), note(1000, 2000, 0.1, 30)]), [
      [null, null],
      [0.9, 5],
      [0.1, 30],
    ]);
  });

  it('longer than a sample’s interval have their longest delay in only one sample', () => {
    const delays = creditLoops(samplesAt(0, 1000, 2000, 3000), [note(200, 2900, 0.5, 70)]);
    assert.deepEqual(
      delays.map(({ loopDelayMaxUs }) => loopDelayMaxUs),
      [null, null, 70, null],
    );
  });

  it('have their longest delay in the sample that contains the middle of their interval', () => {
    assert.deepEqual(
      [400, 1000, 1001].map((middle) => told(samplesAt(0, 1000, 2000), [note(0, 2 * middle, 0.5, 70.6)])),
      [
        [
          [null, null],
          [0.5, 71],
          [null, null],
        ],
        [
          [null, null],
          [0.5, 71],
          [0.5, null],
        ],
        [
          [null, null],
          [0.5, null],
          [0.5, 71],
        ],
      ],
    );
    assert.deepEqual(told(samplesAt(0, 1000), [note(0, 1000, 0, 0)])[1], [0, 0]);
  });

  it('that are empty, or within a longer one, count only where they are', () => {
    const samples = samplesAt(0, 1000, 2000);
    assert.deepEqual(told(samples, [note(0, 2000, 0.5, 3), note(100, 200, 1, 9), note(1500, 1500, 1, 99)]), [
      [null, null],
      [(1000 * 0.5 + 100) / 1100, 9],
      [0.5, null],
    ]);
  });

  it('change nothing else in a sample', () => {
    const [first, second] = samplesAt(0, 1000);
    assert.ok(first && second);
    const samples = [first, { ...second, cpuUs: 5 }];
    const credited = { ...second, cpuUs: 5, loopUtilisation: 0.5, loopDelayMaxUs: 1 };
    assert.deepEqual(creditLoops(samples, [note(0, 1000, 0.5, 1)]), [first, credited]);
    assert.deepEqual(creditBusyTime(samples, [0, 500_000]), [first, { ...credited, loopDelayMaxUs: null }]);
  });

  it('before the first sample are ignored', () => {
    assert.deepEqual(told(samplesAt(1000, 2000), [note(0, 1000, 1, 9), note(1000, 2000, 0.5, 1)]), [
      [null, null],
      [0.5, 1],
    ]);
  });

  it('with constant values give constant samples', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(lengths, lengths, (steps, spans) => {
        const times = [0];
        for (const step of steps) times.push((times.at(-1) ?? 0) + step);
        const notes: LoopNote[] = [];
        for (const span of spans) {
          const startUs = notes.at(-1)?.endUs ?? 0;
          notes.push(note(startUs, startUs + span, 0.3));
        }
        const known = creditLoops(samplesAt(...times), notes).flatMap((s) => s.loopUtilisation ?? []);
        for (const utilisation of known) assert.ok(Math.abs(utilisation - 0.3) < 1e-9);
        const end = notes.at(-1)?.endUs ?? 0;
        assert.equal(known.length, times.slice(0, -1).filter((startUs) => startUs < end).length);
      }),
    );
  });
});

describe('the busy time of a process that does not report its loop', () => {
  const told = (times: number[], busyNs: (number | null)[]) =>
    creditBusyTime(samplesAt(...times), busyNs).map(({ loopUtilisation }) => loopUtilisation);

  it('is counted from sample to sample, and never exceeds the interval', () => {
    assert.deepEqual(told([0, 1000, 3000, 4000], [5_000, 255_000, 1_255_000, 3_255_000]), [
      null,
      0.25,
      0.5,
      1,
    ]);
  });

  it('is unknown if it was not read, or if no time has passed', () => {
    assert.deepEqual(told([0, 1000, 2000, 2000], [0, null, 500_000, 600_000]), [null, null, null, null]);
    assert.deepEqual(told([0, 1000], []), [null, null]);
  });
});
