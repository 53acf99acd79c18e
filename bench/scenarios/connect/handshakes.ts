import type { Recorder } from '../../measure/recorder.ts';

/** One attempt to open a connection. Times are in µs since the run's epoch. */
export interface Attempt {
  /** Intended start time; null in a closed loop, which has no schedule. */
  intendedUs: number | null;
  startUs: number;
}

/**
 * Records what happens to handshakes, under the names that the scenario declares. The times of a handshake
 * belong to the phase in which it was due, as with messages. A failed handshake is recorded with the time until
 * it failed.
 */
export class Handshakes {
  readonly #recorder: Recorder;
  /** Number of handshakes in progress. */
  pending = 0;
  #queued = 0;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
    recorder.level('pending', () => this.pending);
    recorder.level('queued', () => this.#queued);
  }

  /** Records that a handshake became due. It counts in the phase of its intended time. */
  fellDue(nowUs: number, intendedUs: number): void {
    this.#recorder.at(nowUs);
    const { counters } = this.#recorder.of(nowUs, intendedUs);
    counters.due = (counters.due ?? 0) + 1;
    this.#queued++;
  }

  /**
   * Records the start of a handshake that was due.
   *
   * @param possibleUs when it could have started: its intended time, or later if the maximum number of
   * connections was already reached. Any time after `possibleUs` is the generator's own delay.
   */
  started({ startUs, intendedUs }: Attempt, possibleUs: number): void {
    this.#recorder.at(startUs);
    this.#recorder.count('started');
    this.#queued--;
    this.pending++;
    if (intendedUs !== null)
      this.#recorder.of(startUs, intendedUs).histograms.sendLag?.record(startUs - possibleUs);
  }

  opened(attempt: Attempt, nowUs: number, resumed: boolean): void {
    this.#recorder.at(nowUs);
    if (resumed) this.#recorder.count('resumed');
    this.#ended(attempt, nowUs);
  }

  refused(attempt: Attempt, nowUs: number): void {
    this.#recorder.at(nowUs);
    this.#recorder.count('refused');
    const { histograms } = this.#ended(attempt, nowUs);
    histograms.lostWait?.record(nowUs - (attempt.intendedUs ?? attempt.startUs));
  }

  /** Records that a due handshake is abandoned before it has started. */
  unstarted(intendedUs: number, nowUs: number): void {
    this.#recorder.at(nowUs);
    this.#recorder.count('unstarted');
    this.#queued--;
    const { histograms } = this.#recorder.of(nowUs, intendedUs);
    histograms.response?.record(nowUs - intendedUs);
    histograms.unsentWait?.record(nowUs - intendedUs);
  }

  #ended({ startUs, intendedUs }: Attempt, nowUs: number) {
    this.pending--;
    const books = this.#recorder.of(nowUs, intendedUs ?? startUs);
    books.histograms.service?.record(nowUs - startUs);
    if (intendedUs !== null) books.histograms.response?.record(nowUs - intendedUs);
    return books;
  }
}
