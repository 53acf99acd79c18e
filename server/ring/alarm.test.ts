import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, read, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { inFolder } from '../../test/folder.ts';
import { Alarm } from './alarm.ts';

const COUNTER = Buffer.alloc(8, 1);

/** Both ends of a pipe, which Node reads in the same way as an eventfd. */
interface Pipe {
  readonly fd: number;
  signal(): void;
  /** Completes every pending read, and returns after that. */
  end(): Promise<void>;
}

async function withPipe(work: (pipe: Pipe) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    // Without the other end, opening one end would wait for it.
    const both = openSync(path, constants.O_RDWR);
    const fd = openSync(path, constants.O_RDONLY);
    let writer: number | null = openSync(path, constants.O_WRONLY);
    closeSync(both);
    const end = async () => {
      if (writer !== null) closeSync(writer);
      writer = null;
      while ((await promisify(read)(fd, Buffer.alloc(8), 0, 8, null)).bytesRead > 0);
      for (let turn = 0; turn < 10; turn++) await nextTurn();
    };
    try {
      await work({ fd, end, signal: () => void writeSync(writer ?? assert.fail('it has ended'), COUNTER) });
    } finally {
      await end();
      closeSync(fd);
    }
  });
}

/** Arms an alarm, and returns a promise for its call. */
function armed(alarm: Alarm): Promise<void> {
  return new Promise((resolve) => alarm.arm(resolve));
}

describe('the alarm of a ring', () => {
  it('however often it is armed, it waits only once and calls the last function', () =>
    withPipe(async ({ fd, signal, end }) => {
      const alarm = new Alarm(fd);
      const calls: string[] = [];
      alarm.arm(() => calls.push('first'));
      const rung = new Promise<void>((resolve) => {
        alarm.arm(() => {
          calls.push('second');
          resolve();
        });
      });
      signal();
      await rung;
      // The end of the pipe would complete any other read.
      await end();
      assert.deepEqual(calls, ['second']);
    }));

  it('a signal between two calls is not lost', () =>
    withPipe(async ({ fd, signal }) => {
      const alarm = new Alarm(fd);
      signal();
      await armed(alarm);
      signal();
      await armed(alarm);
    }));

  it('can be armed again while it calls', () =>
    withPipe(async ({ fd, signal }) => {
      const alarm = new Alarm(fd);
      const again = new Promise<void>((resolve) => alarm.arm(() => alarm.arm(resolve)));
      signal();
      signal();
      await again;
    }));
});
