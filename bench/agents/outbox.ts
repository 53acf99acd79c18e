import { setTimeout as sleep } from 'node:timers/promises';
import type { JetStreamClient } from '@nats-io/jetstream';
import { encodeMessage } from './message.ts';
import { type Reported, reportSubject } from './protocol.ts';

const RETRY_MS = 200;

/**
 * Sends what the workers of a run report, in order. Each message is repeated until the stream has acknowledged
 * it. The stream drops repetitions by their number.
 */
export interface Outbox {
  add(message: Reported): void;
  /** Resolves when everything added so far is in the stream, or after a while without success. */
  flush(withinMs: number): Promise<void>;
  /** Gives up on what the stream has not acknowledged. */
  close(): void;
}

export function makeOutbox(jetstream: Pick<JetStreamClient, 'publish'>, run: string, agent: string): Outbox {
  const closed = new AbortController();
  let number = 0;
  let sending: Promise<void> = Promise.resolve();
  /** Recordings that are waiting were encoded already: they take kilobytes each. */
  async function send(msgID: string, text: string): Promise<void> {
    while (!closed.signal.aborted) {
      try {
        await jetstream.publish(reportSubject(run, agent), text, { msgID });
        return;
      } catch {
        await sleep(RETRY_MS, undefined, { signal: closed.signal }).catch(() => {});
      }
    }
  }
  return {
    add(message) {
      const msgID = `${run} ${agent} ${number++}`;
      const text = encodeMessage(message);
      sending = sending.then(() => send(msgID, text));
    },
    async flush(withinMs) {
      await Promise.race([sending, sleep(withinMs, undefined, { ref: false })]);
    },
    close: () => closed.abort(),
  };
}
