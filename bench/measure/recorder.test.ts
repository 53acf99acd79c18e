import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Recording } from '../model/recording.ts';
import { bucketIndex } from './counts.ts';
import { makeMerger } from './merge.ts';
import { Recorder } from './recorder.ts';

const quietLoop = () => ({ utilisation: 0, delayMaxUs: 0 });

function record(worker = 0): { recorder: Recorder; recordings: Recording[] } {
  const recordings: Recording[] = [];
  return { recorder: new Recorder(worker, (recording) => recordings.push(recording), quietLoop), recordings };
}

const TIMES = { warmUpUs: 1_500_000, steadyUs: 2_500_000, drainUs: 4_700_000 };

function bounds(recordings: Recording[]): [string, number, number][] {
  return recordings.map(({ phase, startUs, endUs }) => [phase, startUs, endUs]);
}

test('slices are seconds that begin anew with each phase', () => {
  const { recorder, recordings } = record();
  recorder.schedule(TIMES);
  recorder.finish(5_000_000);
  assert.deepEqual(bounds(recordings), [
    ['connect', 0, 1_000_000],
    ['connect', 1_000_000, 1_500_000],
    ['warm-up', 1_500_000, 2_500_000],
    ['steady', 2_500_000, 3_500_000],
    ['steady', 3_500_000, 4_500_000],
    ['steady', 4_500_000, 4_700_000],
    ['drain', 4_700_000, 5_000_000],
  ]);
});

test('a warm-up message echoed in the steady phase keeps its latency out of it', () => {
  const { recorder, recordings } = record();
  recorder.schedule(TIMES);
  recorder.sentOnSchedule(2_499_000, 2_498_000, 64);
  recorder.sentOnSchedule(2_600_000, 2_600_000, 64);
  recorder.echoedOnSchedule(2_700_000, 2_499_000, 2_498_000, 64);
  recorder.echoedOnSchedule(2_700_100, 2_600_000, 2_600_000, 64);
  recorder.finish(4_800_000);
  const responses = recordings
    .filter((recording) => recording.histograms.response !== undefined)
    .map(({ phase, startUs, histograms }) => [phase, startUs, [...(histograms.response ?? [])]]);
  assert.deepEqual(responses, [
    ['steady', 2_500_000, [bucketIndex(100_100), 1]],
    ['warm-up', 2_500_000, [bucketIndex(202_000), 1]],
  ]);
  const lags = recordings.filter((recording) => recording.histograms.sendLag !== undefined);
  assert.deepEqual([...(lags[0]?.histograms.sendLag ?? [])], [1_000, 1]);
});

test('a closed loop has no response time', () => {
  const { recorder, recordings } = record();
  recorder.schedule(TIMES);
  recorder.sent(2_600_000, 64);
  recorder.echoed(2_600_500, 2_600_000, 64);
  recorder.finish(4_800_000);
  assert.deepEqual(
    recordings.flatMap((recording) => Object.keys(recording.histograms)),
    ['service'],
  );
});

test('a timeout is a sample of at least the timeout, and a loss', () => {
  const { recorder, recordings } = record();
  recorder.schedule(TIMES);
  recorder.sentOnSchedule(2_600_000, 2_600_000, 64);
  recorder.timedOut(3_700_000, 2_600_000, 2_600_000);
  recorder.finish(4_800_000);
  const losing = recordings.find((recording) => recording.lost > 0);
  assert.deepEqual([...(losing?.histograms.response ?? [])], [bucketIndex(1_100_000), 1]);
  assert.deepEqual(recorder.totals, { sent: 1, echoed: 0, outstanding: 0, lost: 1 });
});

test('conservation holds whatever happens, per recording and in total', () => {
  const events = fc.array(
    fc.record({ kind: fc.constantFrom('send', 'echo', 'lose', 'time out'), afterUs: fc.nat(400_000) }),
    { maxLength: 80 },
  );
  fc.assert(
    fc.property(events, (list) => {
      const { recorder, recordings } = record();
      recorder.schedule(TIMES);
      let nowUs = 1_500_000;
      for (const { kind, afterUs } of list) {
        nowUs += afterUs;
        if (kind === 'send') recorder.sent(nowUs, 10);
        else if (recorder.outstanding === 0) continue;
        else if (kind === 'echo') recorder.echoed(nowUs, nowUs - 5, 10);
        else if (kind === 'lose') recorder.lost(nowUs);
        else recorder.timedOut(nowUs, nowUs - 5, null);
      }
      recorder.finish(nowUs);
      let [sent, echoed, lost] = [0, 0, 0];
      for (const recording of recordings) {
        sent += recording.sent;
        echoed += recording.echoed;
        lost += recording.lost;
        assert.equal(sent, echoed + lost + recording.outstanding);
      }
      assert.deepEqual(recorder.totals, { sent, echoed, lost, outstanding: recorder.outstanding });
      for (const [i, recording] of recordings.entries())
        assert.ok(i === 0 || recording.startUs >= (recordings[i - 1]?.startUs ?? 0));
    }),
  );
});

test('the recordings of several workers become one slice a second', () => {
  const merger = makeMerger(2);
  for (const worker of [0, 1]) {
    const recordings: Recording[] = [];
    const recorder = new Recorder(worker, (recording) => recordings.push(recording), quietLoop);
    recorder.schedule(TIMES);
    recorder.failed(200_000, 'tcp', 'refused');
    recorder.sent(2_600_000 + worker, 10);
    recorder.echoed(2_600_100, 2_600_000 + worker, 10);
    recorder.finish(4_800_000);
    recordings.forEach(merger.add);
  }
  const slices = merger.slices();
  assert.deepEqual(
    slices.map(({ phase, counters }) => [phase, counters.sent, counters.echoed]),
    [
      ['connect', 0, 0],
      ['connect', 0, 0],
      ['warm-up', 0, 0],
      ['steady', 2, 2],
      ['steady', 0, 0],
      ['steady', 0, 0],
      ['drain', 0, 0],
    ],
  );
  assert.deepEqual(slices[0]?.failures, { 'tcp/refused': 2 });
});
