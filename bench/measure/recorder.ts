import type { FailureCounts, FailureKind, FailureStage } from '../model/failure.ts';
import type { Phase } from '../model/load.ts';
import {
  COMMON_COUNTERS,
  COMMON_HISTOGRAMS,
  type Counters,
  counted,
  type FanOut,
  type LoopFigures,
  type RecordedNames,
  type Recording,
  type WorkerId,
  zeroCounters,
} from '../model/recording.ts';
import { Counts } from './counts.ts';
import { FanOuts } from './fan-outs.ts';

const SECOND_US = 1_000_000;

/** Phase boundaries, in whole µs since the run's epoch. */
export interface PhaseTimes {
  /**
   * When the last handshake across all workers ended. The time from then until the warm-up belongs to no
   * phase.
   */
  connectedUs: number;
  warmUpUs: number;
  steadyUs: number;
  drainUs: number;
}

/** Durations of the handshake stages in µs; `tls` is null for a plain connection. */
export interface HandshakeTimes {
  tcpUs: number;
  tlsUs: number | null;
  upgradeUs: number;
}

/** Returns event loop statistics since the previous call; null if too little time has passed. */
export type LoopReader = () => LoopFigures | null;

type Bounds = Pick<Recording, 'startUs' | 'endUs' | 'phase'>;

/** One phase's counters and histograms, by name. */
export interface Books {
  readonly counters: Counters;
  readonly histograms: Readonly<Record<string, Counts>>;
}

/**
 * Records the events of one generator worker under the names that the scenario declares, and emits one
 * Recording per second, or several if the run is interleaved. Times are in µs since the run's epoch and must not
 * decrease. Nothing is discarded, because phases are only labels. An event that happens after the warm-up still
 * belongs to it if its message was due during the warm-up (see `of`).
 */
export class Recorder {
  readonly #from: WorkerId;
  readonly #emit: (recording: Recording) => void;
  readonly #readLoop: LoopReader;
  readonly #zero: Counters;
  #failures: FailureCounts = {};
  /** Counters and histograms for current events. */
  readonly now: Books;
  /** Counters and histograms for warm-up data that arrives after the warm-up. */
  readonly #late: Books;
  #lateUsed = false;
  #startUs = 0;
  /** Current phase; null between the last handshake and the warm-up. */
  #phase: Phase | null = 'connect';
  #cutUs = SECOND_US;
  #times: PhaseTimes | undefined;
  #sliceUs = SECOND_US;
  #steadyUs = 0;
  /** Bounds of the last slice, and of the last warm-up slice, used for supplements to them. */
  #last: Bounds = { startUs: 0, endUs: 0, phase: 'connect' };
  #lastWarmUp: Bounds = { startUs: 0, endUs: 0, phase: 'warm-up' };
  readonly #totals: Counters;
  /** Number of recordings emitted so far. */
  recordings = 0;
  readonly #gauges: Map<string, () => number>;
  readonly #fanOuts = new FanOuts();
  open = 0;

  constructor(
    from: WorkerId,
    names: RecordedNames,
    emit: (recording: Recording) => void,
    readLoop: LoopReader,
  ) {
    this.#from = from;
    this.#emit = emit;
    this.#readLoop = readLoop;
    const counters = [...COMMON_COUNTERS, ...names.counters];
    const histograms = [...COMMON_HISTOGRAMS, ...names.histograms];
    this.#zero = zeroCounters(counters);
    this.now = makeBooks(counters, histograms);
    this.#late = makeBooks(counters, histograms);
    this.#totals = zeroCounters(counters);
    this.#gauges = new Map(names.gauges.map((name) => [name, () => 0]));
  }

  /**
   * Signals that all handshakes of this worker are finished. No recording is emitted until `schedule` sets
   * the end of the whole run's connect phase, because the current slice may have to end at that time.
   */
  connected(): void {
    this.#cutUs = Number.POSITIVE_INFINITY;
  }

  /**
   * Sets the end of the connect phase and the phases that follow. From then on, slices end at phase
   * boundaries.
   *
   * @param sliceUs maximum length of a slice
   */
  schedule(times: PhaseTimes, sliceUs = SECOND_US): void {
    this.#times = times;
    this.#sliceUs = sliceUs;
    this.#steadyUs = times.steadyUs;
    this.#cutUs = this.#nextCut(this.#startUs);
  }

  /**
   * Records that a connection has opened. The connection is counted in the current phase, because the number of
   * connections opened in a phase is the phase's throughput. The handshake times are attributed to the phase in
   * which the handshake was due.
   *
   * @param dueUs when the handshake was due, if handshakes are the work
   */
  opened(nowUs: number, { tcpUs, tlsUs, upgradeUs }: HandshakeTimes, dueUs = nowUs): void {
    this.at(nowUs);
    this.open++;
    this.count('opened');
    const { histograms } = this.of(nowUs, dueUs);
    histograms.tcp?.record(tcpUs);
    if (tlsUs !== null) histograms.tls?.record(tlsUs);
    histograms.upgrade?.record(upgradeUs);
    histograms.handshake?.record(tcpUs + (tlsUs ?? 0) + upgradeUs);
  }

  /** Records that an open connection has closed. */
  closed(nowUs: number): void {
    this.at(nowUs);
    this.open--;
  }

  failed(nowUs: number, stage: FailureStage, kind: FailureKind): void {
    this.at(nowUs);
    const key = `${stage}/${kind}`;
    this.#failures[key] = (this.#failures[key] ?? 0) + 1;
  }

  /**
   * Registers the function that returns a declared gauge's value for each recording. The gauge is 0 if no
   * function is registered.
   */
  level(name: string, read: () => number): void {
    this.#gauges.set(name, read);
  }

  /** Increments a declared counter in the current slice. Call `at` first. */
  count(name: string, by = 1): void {
    this.now.counters[name] = (this.now.counters[name] ?? 0) + by;
  }

  /** Adds a duration in µs to a declared histogram in the current slice. Call `at` first. */
  record(name: string, us: number): void {
    this.now.histograms[name]?.record(us);
  }

  /**
   * Records that a connection has received a publication. Call `at` first.
   *
   * @param publication only its number, intended time and members are used
   */
  delivered(publication: Omit<FanOut, 'delays'>, delayUs: number): void {
    this.#fanOuts.record(publication, delayUs);
  }

  /**
   * Advances the clock to `nowUs` and emits all recordings completed by then. Call this before recording any
   * event.
   */
  at(nowUs: number): void {
    if (nowUs >= this.#cutUs) this.advance(nowUs);
  }

  /**
   * Returns the counters and histograms for an event whose message was due at `intendedUs`. Call `at` first.
   */
  of(nowUs: number, intendedUs: number): Books {
    if (intendedUs >= this.#steadyUs || nowUs < this.#steadyUs) return this.now;
    this.#lateUsed = true;
    return this.#late;
  }

  /** Emits all recordings completed by now. Call this about once a second when no events occur. */
  advance(nowUs: number): void {
    while (nowUs >= this.#cutUs) this.#cut(this.#cutUs);
  }

  /** Ends recording and emits the remaining data. Nothing is emitted afterwards. */
  finish(nowUs: number): void {
    this.advance(nowUs);
    this.#cut(Math.max(Math.ceil(nowUs), this.#startUs));
    this.#cutUs = Number.POSITIVE_INFINITY;
  }

  /** Counters summed over all emitted recordings, and the current gauge values. */
  get totals(): Counters {
    return { ...this.#totals, ...this.#levels() };
  }

  #cut(endUs: number): void {
    const loop = this.#readLoop();
    if (this.#phase === null) this.#supplementConnect();
    else {
      this.#last = { startUs: this.#startUs, endUs, phase: this.#phase };
      if (this.#phase === 'warm-up') this.#lastWarmUp = this.#last;
      this.#handOut(this.#last, this.now, { ...this.#levels(), open: this.open }, loop);
    }
    if (this.#lateUsed) this.#handOut(this.#lastWarmUp, this.#late, null, null);
    this.#lateUsed = false;
    this.#startUs = endUs;
    this.#phase = this.#phaseAt(endUs);
    this.#cutUs = this.#nextCut(endUs);
  }

  #levels(): Counters {
    return Object.fromEntries([...this.#gauges].map(([name, read]) => [name, read()]));
  }

  /**
   * Attributes any events between the last handshake and the warm-up to the connect phase, which comes before
   * the warm-up.
   */
  #supplementConnect(): void {
    const counts = [...Object.values(this.#failures), ...Object.values(this.now.counters)];
    if (counts.some((count) => count > 0)) this.#handOut(this.#last, this.now, null, null);
  }

  /**
   * Emits a recording. The emitted objects are created only here, so that they are short-lived. V8 promotes an
   * object that has lived for a second to the old generation, where it stays until a full collection. Full
   * collections are rare, because a generator produces little garbage. Longer-lived objects would therefore
   * accumulate (0.7 MB per minute when measured).
   */
  #handOut(bounds: Bounds, books: Books, gauges: Recording['gauges'], loop: Recording['loop']): void {
    const counters = { ...books.counters };
    const failures = this.#failures;
    for (const [name, count] of Object.entries(counters))
      this.#totals[name] = counted(this.#totals, name) + count;
    Object.assign(books.counters, this.#zero);
    this.#failures = {};
    const histograms = drain(books.histograms);
    const fanOuts = this.#fanOuts.drain();
    const sequence = this.recordings++;
    this.#emit({
      from: this.#from,
      sequence,
      ...bounds,
      counters,
      failures,
      gauges,
      histograms,
      fanOuts,
      loop,
    });
  }

  #phaseAt(us: number): Phase | null {
    const times = this.#times;
    if (times === undefined || us < times.connectedUs) return 'connect';
    if (us < times.warmUpUs) return null;
    return us < times.steadyUs ? 'warm-up' : us < times.drainUs ? 'steady' : 'drain';
  }

  /**
   * Returns the end of the slice that starts at `us`: one slice length later, or the end of the phase if that
   * is earlier.
   */
  #nextCut(us: number): number {
    const times = this.#times;
    if (times === undefined) return us + SECOND_US;
    const { connectedUs, warmUpUs, steadyUs, drainUs } = times;
    const bound = [connectedUs, warmUpUs, steadyUs, drainUs].find((at) => at > us);
    return Math.min(us + this.#sliceUs, bound ?? Number.POSITIVE_INFINITY);
  }
}

function makeBooks(counters: readonly string[], histograms: readonly string[]): Books {
  return {
    counters: zeroCounters(counters),
    histograms: Object.fromEntries(histograms.map((name) => [name, new Counts()])),
  };
}

function drain(counts: Books['histograms']): Recording['histograms'] {
  const drained: Recording['histograms'] = {};
  for (const [name, of] of Object.entries(counts)) {
    const pairs = of.drain();
    if (pairs.length > 0) drained[name] = pairs;
  }
  return drained;
}
