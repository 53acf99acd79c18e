import type { RecordedNames } from '../model/recording.ts';
import type { Counts } from './counts.ts';
import type { Books, Recorder } from './recorder.ts';

/**
 * What scenarios with messages count. `due`: messages that the load asked for; due = `sent` + `unsent` + `queued`.
 * `lost`: sent, then given up. `unsent`: given up before being sent, because there was no connection to carry them.
 * Each is counted when it happens, but `due` under the phase of the intended time (see Recording). `outstanding`:
 * sent, and neither echoed nor lost. `queued`: due, and neither sent nor unsent.
 *
 * `lostWait` and `unsentWait`: how long the messages that were given up had waited, in µs, from the intended time in
 * an open loop and from the send in a closed one. The same samples are also in `response` (open loop) or `service`
 * (closed loop); subtracting them leaves the echoes that arrived.
 */
export const MESSAGE_NAMES = {
  counters: ['due', 'sent', 'echoed', 'lost', 'unsent'],
  gauges: ['outstanding', 'queued'],
  histograms: ['response', 'service', 'sendLag', 'lostWait', 'unsentWait'],
} as const satisfies RecordedNames;

const WAITS: readonly string[] = ['lostWait', 'unsentWait'];

/** What of it has figures of its own: the waits of messages that were given up are parts of other times. */
export function timesOf({ histograms }: Pick<RecordedNames, 'histograms'>): string[] {
  return histograms.filter((name) => !WAITS.includes(name));
}

/** The same with the names as properties, because this is the generator's hot path. */
interface MessageBooks extends Books {
  readonly counters: Record<(typeof MESSAGE_NAMES.counters)[number] | 'bytesSent' | 'bytesReceived', number>;
  readonly histograms: Readonly<Record<(typeof MESSAGE_NAMES.histograms)[number], Counts>>;
}

/**
 * Records what becomes of messages. A latency belongs to the phase in which its message was due: the echo of a
 * warm-up message that arrives in the steady phase stays with the warm-up.
 */
export class Messages {
  readonly #recorder: Recorder;
  readonly #now: MessageBooks;
  outstanding = 0;
  #queued = 0;

  /** @param recorder one that was given MESSAGE_NAMES, besides whatever else its scenario records */
  constructor(recorder: Recorder) {
    this.#recorder = recorder;
    this.#now = recorder.now as MessageBooks;
    recorder.level('outstanding', () => this.outstanding);
    recorder.level('queued', () => this.#queued);
  }

  /** A message was sent in a closed loop, where it is due when it is sent. */
  sent(nowUs: number, bytes: number): void {
    this.#recorder.at(nowUs);
    const { counters } = this.#now;
    counters.due++;
    counters.sent++;
    counters.bytesSent += bytes;
    this.outstanding++;
  }

  /** An echo arrived in a closed loop, which has only service time. */
  echoed(nowUs: number, sentUs: number, bytes: number): void {
    this.#echo(nowUs, bytes);
    this.#of(nowUs, sentUs).histograms.service.record(nowUs - sentUs);
  }

  /** A message of an open loop fell due. It counts in the phase of its intended time. */
  fellDue(nowUs: number, intendedUs: number): void {
    this.#recorder.at(nowUs);
    this.#of(nowUs, intendedUs).counters.due++;
    this.#queued++;
  }

  /** A message was sent in an open loop. Its send lag is recorded in the phase of its intended time. */
  sentOnSchedule(nowUs: number, intendedUs: number, bytes: number): void {
    this.#recorder.at(nowUs);
    const { counters } = this.#now;
    counters.sent++;
    counters.bytesSent += bytes;
    this.#queued--;
    this.outstanding++;
    this.#of(nowUs, intendedUs).histograms.sendLag.record(nowUs - intendedUs);
  }

  /**
   * An echo arrived in an open loop. Response time counts from the intended time, and both times are recorded in
   * the phase of that.
   */
  echoedOnSchedule(nowUs: number, sentUs: number, intendedUs: number, bytes: number): void {
    this.#echo(nowUs, bytes);
    const { histograms } = this.#of(nowUs, intendedUs);
    histograms.service.record(nowUs - sentUs);
    histograms.response.record(nowUs - intendedUs);
  }

  /**
   * A message that was sent is given up, because its connection ended or its echo took too long. It is censored,
   * not absent: it enters the histograms with the time it has waited so far, since it was due (response) and since
   * it was sent (service). The times belong to the phase of its intended time, or in a closed loop (`intendedUs`
   * null) of its send. The lost counter belongs to the moment it was given up.
   */
  lost(nowUs: number, sentUs: number, intendedUs: number | null): void {
    this.#recorder.at(nowUs);
    this.#now.counters.lost++;
    this.outstanding--;
    const { histograms } = this.#of(nowUs, intendedUs ?? sentUs);
    histograms.service.record(nowUs - sentUs);
    histograms.lostWait.record(nowUs - (intendedUs ?? sentUs));
    if (intendedUs !== null) histograms.response.record(nowUs - intendedUs);
  }

  /**
   * A message that was due is given up before it was sent. It has a response time of at least `waitedUs`, in the
   * phase of its intended time, but neither service time nor send lag.
   */
  unsent(nowUs: number, intendedUs: number, waitedUs: number): void {
    this.#recorder.at(nowUs);
    this.#now.counters.unsent++;
    this.#queued--;
    const { histograms } = this.#of(nowUs, intendedUs);
    histograms.response.record(waitedUs);
    histograms.unsentWait.record(waitedUs);
  }

  #echo(nowUs: number, bytes: number): void {
    this.#recorder.at(nowUs);
    const { counters } = this.#now;
    counters.echoed++;
    counters.bytesReceived += bytes;
    this.outstanding--;
  }

  #of(nowUs: number, intendedUs: number): MessageBooks {
    return this.#recorder.of(nowUs, intendedUs) as MessageBooks;
  }
}
