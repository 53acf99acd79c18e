import type { RecordedNames } from '../model/recording.ts';
import type { Counts } from './counts.ts';
import type { Books, Recorder } from './recorder.ts';

/**
 * Names of the counters, gauges and histograms of scenarios that send messages.
 * - `due`: messages that the load scheduled; due = `sent` + `unsent` + `queued`.
 * - `lost`: messages sent and then given up.
 * - `unsent`: messages given up before being sent, because no open connection could carry them.
 * - `outstanding`: messages sent, and neither echoed nor lost.
 * - `queued`: messages due, and neither sent nor given up.
 * - `lostWait` and `unsentWait`: how long the given-up messages had waited, in µs, from the intended time in
 *   an open loop and from the send in a closed one.
 *
 * Each event is counted when it happens, except that `due` is counted in the phase of the intended time (see
 * Recording). The samples of `lostWait` and `unsentWait` are also in `response` (open loop) or `service`
 * (closed loop). Subtracting them leaves the echoes that arrived.
 */
export const MESSAGE_NAMES = {
  counters: ['due', 'sent', 'echoed', 'lost', 'unsent'],
  gauges: ['outstanding', 'queued'],
  histograms: ['response', 'service', 'sendLag', 'lostWait', 'unsentWait'],
} as const satisfies RecordedNames;

const WAITS: readonly string[] = ['lostWait', 'unsentWait'];

/**
 * Returns the histograms with figures of their own. The waits of given-up messages are already part of other
 * times.
 */
export function timesOf({ histograms }: Pick<RecordedNames, 'histograms'>): string[] {
  return histograms.filter((name) => !WAITS.includes(name));
}

/** The same counters and histograms as typed properties, because this is the generator's hot path. */
interface MessageBooks extends Books {
  readonly counters: Record<(typeof MESSAGE_NAMES.counters)[number] | 'bytesSent' | 'bytesReceived', number>;
  readonly histograms: Readonly<Record<(typeof MESSAGE_NAMES.histograms)[number], Counts>>;
}

/**
 * Records the outcome of messages. A latency belongs to the phase in which its message was due. The echo of a
 * warm-up message that arrives in the steady phase therefore counts towards the warm-up.
 */
export class Messages {
  readonly #recorder: Recorder;
  readonly #now: MessageBooks;
  outstanding = 0;
  #queued = 0;

  /**
   * @param recorder must have been created with MESSAGE_NAMES, plus anything else that its scenario records
   */
  constructor(recorder: Recorder) {
    this.#recorder = recorder;
    this.#now = recorder.now as MessageBooks;
    recorder.level('outstanding', () => this.outstanding);
    recorder.level('queued', () => this.#queued);
  }

  /** Records a message sent in a closed loop, where a message is due when it is sent. */
  sent(nowUs: number, bytes: number): void {
    this.#recorder.at(nowUs);
    const { counters } = this.#now;
    counters.due++;
    counters.sent++;
    counters.bytesSent += bytes;
    this.outstanding++;
  }

  /** Records an echo received in a closed loop, which has only service time. */
  echoed(nowUs: number, sentUs: number, bytes: number): void {
    this.#echo(nowUs, bytes);
    this.#of(nowUs, sentUs).histograms.service.record(nowUs - sentUs);
  }

  /** Records that a message of an open loop became due. It counts in the phase of its intended time. */
  fellDue(nowUs: number, intendedUs: number): void {
    this.#recorder.at(nowUs);
    this.#of(nowUs, intendedUs).counters.due++;
    this.#queued++;
  }

  /** Records a message sent in an open loop. Its send lag is recorded in the phase of its intended time. */
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
   * Records an echo received in an open loop. Response time is measured from the intended time. Both response
   * and service time are recorded in the phase of the intended time.
   */
  echoedOnSchedule(nowUs: number, sentUs: number, intendedUs: number, bytes: number): void {
    this.#echo(nowUs, bytes);
    const { histograms } = this.#of(nowUs, intendedUs);
    histograms.service.record(nowUs - sentUs);
    histograms.response.record(nowUs - intendedUs);
  }

  /**
   * Records a sent message that is given up because its connection ended or its echo took too long. The
   * sample is censored, not omitted: the message enters the histograms with the time waited so far, since it
   * was due (response) and since it was sent (service).
   *
   * These times belong to the phase of its intended time, or in a closed loop (`intendedUs` null) of its
   * send. The lost counter belongs to the moment the message was given up.
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
   * Records a due message that is given up before it was sent. It has a response time of at least `waitedUs`,
   * in the phase of its intended time, but neither service time nor send lag.
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
