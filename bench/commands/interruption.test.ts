import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { watchSignals } from './interruption.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

test('the first signal ends a run gracefully, the next one at once, unless both are one press', () => {
  for (const first of SIGNALS)
    for (const second of SIGNALS) {
      const source = new EventEmitter();
      let now = 7000;
      const { signal, urgent, release } = watchSignals(source, () => now);
      const press = (name: string) => {
        source.emit(name);
        return [signal, urgent].map(({ aborted, reason }) => (aborted ? (reason as Error).message : null));
      };
      assert.deepEqual([signal.aborted, urgent.aborted], [false, false]);
      assert.deepEqual(press(first), ['interrupted', null]);
      now += 499;
      assert.deepEqual(press(second), ['interrupted', null]);
      now += 1;
      assert.deepEqual(press(second), ['interrupted', 'interrupted twice']);
      release();
      assert.deepEqual(source.eventNames(), []);
    }
});

test('a signal after the release has no effect', () => {
  const source = new EventEmitter();
  const { signal, release } = watchSignals(source, () => 0);
  assert.deepEqual(source.eventNames(), [...SIGNALS]);
  release();
  for (const name of SIGNALS) source.emit(name);
  assert.equal(signal.aborted, false);
});
