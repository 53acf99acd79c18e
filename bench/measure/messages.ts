import type { RecordedNames } from '../model/recording.ts';
import type { Counts } from './counts.ts';
import type { Books, Recorder } from './recorder.ts';

/**
 * Names of the counters, gauges and histograms in scenarios that send messages.
 * - `due`: messages scheduled by the load; due = `sent` + `unsent` + `queued`.
 * - `lost`: messages sent and then abandoned.
 * - `unsent`: messages abandoned before being sent, because no open connection could carry them.
 * - `unawaited`: sent messages to which no answer is expected.
 * - `unasked`: received messages that do not answer a sent one.
 * - `outstanding`: messages sent, but neither echoed nor lost so far.
 * - `queued`: messages due, but neither sent nor abandoned so far.
 * - `lostWait` and `unsentWait`: how long abandoned messages had waited, in µs, from the intended time in an
 *   open loop and from the send time in a closed one.
 *
 * Each event is counted when it happens, except that `due` is counted in the phase of the intended time (see
 * Recording). `response` (open loop) or `service` (closed loop) also includes the samples of `lostWait` and
 * `unsentWait`. Subtracting these samples yields the samples of the echoes that arrived.
 */
export const MESSAGE_NAMES = {
  counters: ['due', 'sent', 'echoed', 'lost', 'unsent', 'unawaited', 'unasked'],
  gauges: ['outstanding', 'queued'],
  histograms: ['response', 'service', 'sendLag', 'lostWait', 'unsentWait'],
} as const satisfies RecordedNames;

const WAITS: readonly string[] = ['lostWait', 'unsentWait'];

/**
 * Returns the names of the histograms that are reported as figures. The waits of abandoned messages are
 * omitted, because other histograms already include them.
 */
export function timesOf({ histograms }: Pick<RecordedNames, 'histograms'>): string[] {
  return histograms.filter((name) => !WAITS.includes(name));
}

/**
 * Message counters and histograms as typed properties, because access by property is faster on the
 * generator's hot path.
 */
interface MessageBooks extends Books {
  readonly counters: Record<(typeof MESSAGE_NAMES.counters)[number] | 'bytesSent' | 'bytesReceived', number>;
  readonly histograms: Readonly<Record<(typeof MESSAGE_NAMES.histograms)[number], Counts>>;
}

/**
 * Records what happens to messages. If a message was due in the warm-up, its latency counts towards the
 * warm-up, even if its echo arrives in the steady phase.
 */
export class Messages {
  readonly #recorder: Recorder;
  readonly #now: MessageBooks;
  outstanding = 0;
  #queued = 0;

  /**
   * @param recorder must have been created with MESSAGE_NAMES, plus any other names that the scenario records
   */
  constructor(recorder: Recorder) {
    this.#recorder = recorder;
    this.#now = recorder.now as MessageBooks;
    recorder.level('outstanding', () => this.outstanding);
    recorder.level('queued', () => this.#queued);
  }

  /** Records a message sent in a closed loop, where each message is due when it is sent. */
  sent(nowUs: number, bytes: number): void {
    this.#recorder.at(nowUs);
    const { counters } = this.#now;
    counters.due++;
    counters.sent++;
    counters.bytesSent += bytes;
    this.outstanding++;
  }

  /** Records an echo received in a closed loop, for which only service time is defined. */
  echoed(nowUs: number, sentUs: number, bytes: number): void {
    this.#echo(nowUs, bytes);
    this.#of(nowUs, sentUs).histograms.service.record(nowUs - sentUs);
  }

  /** Records that an open-loop message became due. The message counts in the phase of its intended time. */
  fellDue(nowUs: number, intendedUs: number): void {
    this.#recorder.at(nowUs);
    this.#of(nowUs, intendedUs).counters.due++;
    this.#queued++;
  }

  /**
   * Records a message sent in an open loop. The send lag is recorded in the phase of the message's intended
   * time.
   */
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
   * Records an echo received in an open loop. Response time starts at the intended time. Response and service
   * time are both recorded in the phase of the intended time.
   */
  echoedOnSchedule(nowUs: number, sentUs: number, intendedUs: number, bytes: number): void {
    this.#echo(nowUs, bytes);
    const { histograms } = this.#of(nowUs, intendedUs);
    histograms.service.record(nowUs - sentUs);
    histograms.response.record(nowUs - intendedUs);
  }

  /**
   * Records that a sent message is abandoned because its connection ended or its echo took too long. The
   * sample is censored, not omitted: the histograms include the waiting time so far, measured from the
   * intended time (response) and from the send time (service).
   *
   * These times belong to the phase of the message's intended time or, in a closed loop (`intendedUs` null),
   * of its send time. `lost` is counted at the moment when the message is abandoned.
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
   * Records that a due message is abandoned before being sent. Its response time of at least `waitedUs` is
   * recorded in the phase of its intended time. It has no service time or send lag.
   */
  unsent(nowUs: number, intendedUs: number, waitedUs: number): void {
    this.#recorder.at(nowUs);
    this.#now.counters.unsent++;
    this.#queued--;
    const { histograms } = this.#of(nowUs, intendedUs);
    histograms.response.record(waitedUs);
    histograms.unsentWait.record(waitedUs);
  }

  /** Records that no answer to a sent message is expected. */
  unawaited(nowUs: number): void {
    this.#recorder.at(nowUs);
    this.#now.counters.unawaited++;
    this.outstanding--;
  }

  /** Records a received message that does not answer a sent one. */
  unasked(nowUs: number, bytes: number): void {
    this.#recorder.at(nowUs);
    const { counters } = this.#now;
    counters.unasked++;
    counters.bytesReceived += bytes;
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
