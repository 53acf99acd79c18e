import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from './bus.ts';
import { encodeMessage } from './message.ts';
import { type Reported, reportSubject } from './protocol.ts';

const RETRY_MS = 200;

/**
 * Sends the reports of a run's workers to the JetStream stream, in order. Each report is sent repeatedly until
 * the stream has acknowledged it. The stream recognises repetitions by their ID and drops them.
 */
export interface Outbox {
  add(message: Reported): void;
  /** Resolves when everything added so far is in the stream, or after `withinMs` at the latest. */
  flush(withinMs: number): Promise<void>;
  /** Stops sending, even if some reports have not been acknowledged. */
  close(): void;
}

export function makeOutbox(bus: Pick<Bus, 'store'>, run: string, agent: string): Outbox {
  const closed = new AbortController();
  let number = 0;
  let sending: Promise<void> = Promise.resolve();
  /** Sends one report. Queued recordings take up only kilobytes each, because they are already encoded. */
  async function send(id: string, text: string): Promise<void> {
    while (!closed.signal.aborted) {
      try {
        await bus.store(reportSubject(run, agent), text, id);
        return;
      } catch {
        await sleep(RETRY_MS, undefined, { signal: closed.signal }).catch(() => {});
      }
    }
  }
  return {
    add(message) {
      const id = `${run} ${agent} ${number++}`;
      const text = encodeMessage(message);
      sending = sending.then(() => send(id, text));
    },
    async flush(withinMs) {
      await Promise.race([sending, sleep(withinMs, undefined, { ref: false })]);
    },
    close: () => closed.abort(),
  };
}
