import { type Latencies, makeLatencies } from './latencies.ts';
import { makeSchedule } from './schedule.ts';

/** Message and connection counts of a load: sent = received + lost + outstanding. */
export interface Counts {
  open: number;
  /** Connections that did not open, or that closed unexpectedly. */
  failed: number;
  sent: number;
  received: number;
  /** Messages that had no reply when their connection closed unexpectedly. */
  lost: number;
  /** Messages received that are not the expected reply. */
  wrong: number;
}

/** The part of the browser's WebSocket that the load uses. */
export interface Socket {
  send(text: string): void;
  close(): void;
  on(handlers: { open(): void; message(text: string): void; close(): void }): void;
}

export interface LoadOptions {
  connections: number;
  /** Total over all connections. */
  ratePerSecond: number;
  openSocket(): Socket;
  answerTo(message: string): string;
  /** Reads a monotonic clock. */
  now(): number;
  /** Calls back shortly after this many ms; 0 means as soon as pending events are handled. */
  later(ms: number, act: () => void): void;
}

export interface Load {
  readonly counts: Readonly<Counts>;
  /** Time since the schedule began; null while connections are still opening. */
  elapsedMs(): number | null;
  /** Response times: from the time when a message was due until its reply arrived. */
  responses: Latencies;
  /** Send lags, the browser's own delay: from the time when a message was due until it was sent. */
  lags: Latencies;
  stop(): void;
}

/**
 * Maximum length of the last part of a wait, in which the clock is polled, because browsers extend short
 * timers to 4 ms (HTML, "timers").
 */
const COARSE_MS = 6;

/**
 * Opens connections. When each has opened or failed, sends messages on all open connections in turn, on a
 * schedule that does not wait for replies.
 */
export function startLoad(options: LoadOptions): Load {
  const { connections, ratePerSecond, answerTo, now, later } = options;
  const counts: Counts = { open: 0, failed: 0, sent: 0, received: 0, lost: 0, wrong: 0 };
  const responses = makeLatencies();
  const lags = makeLatencies();
  const usable: Line[] = [];
  let settled = 0;
  /** Start of the schedule; null while connections are still opening. */
  let startMs: number | null = null;
  let stopped = false;
  let turn = 0;

  const lines = Array.from({ length: connections }, () => {
    const line: Line = { socket: options.openSocket(), waiting: [] };
    let isOpen = false;
    line.socket.on({
      open() {
        isOpen = true;
        counts.open++;
        usable.push(line);
        settle();
      },
      message: (text) => receive(line, text),
      close() {
        if (isOpen) {
          counts.open--;
          usable.splice(usable.indexOf(line), 1);
        }
        if (stopped) return;
        counts.lost += line.waiting.splice(0).length;
        counts.failed++;
        if (!isOpen) settle();
      },
    });
    return line;
  });

  function settle(): void {
    settled++;
    if (settled < connections || stopped) return;
    startMs = now();
    const schedule = makeSchedule(startMs, ratePerSecond);
    const tick = (): void => {
      if (stopped || usable.length === 0) return;
      for (const dueMs of schedule.due(now())) send(dueMs);
      const waitMs = schedule.nextMs() - now();
      later(waitMs > COARSE_MS ? waitMs - COARSE_MS : 0, tick);
    };
    tick();
  }

  function send(dueMs: number): void {
    const line = usable[turn++ % usable.length] as Line;
    const text = `message ${counts.sent}`;
    line.waiting.push({ dueMs, answer: answerTo(text) });
    counts.sent++;
    const sentMs = now();
    line.socket.send(text);
    lags.record(sentMs - (startMs as number), sentMs - dueMs);
  }

  function receive({ waiting }: Line, text: string): void {
    const message = waiting.shift();
    if (message === undefined || message.answer !== text) counts.wrong++;
    if (message === undefined) return;
    counts.received++;
    const receivedMs = now();
    responses.record(receivedMs - (startMs as number), receivedMs - message.dueMs);
  }

  return {
    counts,
    responses,
    lags,
    elapsedMs: () => (startMs === null ? null : now() - startMs),
    stop() {
      stopped = true;
      for (const { socket } of lines) socket.close();
    },
  };
}

/** A connection, with the messages that have no reply yet, in order. */
interface Line {
  socket: Socket;
  waiting: { dueMs: number; answer: string }[];
}
