import type { FailureCounts, FailureKind, FailureStage } from '../model/failure.ts';
import type { Phase } from '../model/load.ts';
import {
  COMMON_COUNTERS,
  COMMON_HISTOGRAMS,
  type Counters,
  type LoopFigures,
  type RecordedNames,
  type Recording,
  type WorkerId,
  zeroCounters,
} from '../model/recording.ts';
import { Counts } from './counts.ts';

const SECOND_US = 1_000_000;

/** When the phases begin and end, in whole µs since the run's epoch. */
export interface PhaseTimes {
  /** The end of the last handshake of all workers. The time from here to the warm-up belongs to no phase. */
  connectedUs: number;
  warmUpUs: number;
  steadyUs: number;
  drainUs: number;
}

/** Durations of the parts of a handshake in µs; tls is null on a plain connection. */
export interface HandshakeTimes {
  tcpUs: number;
  tlsUs: number | null;
  upgradeUs: number;
}

/** Reports what the event loop did since the last call; null if too little time has passed. */
export type LoopReader = () => LoopFigures | null;

type Bounds = Pick<Recording, 'startUs' | 'endUs' | 'phase'>;

/** Where something is counted that belongs to one phase: counters and histograms by name. */
export interface Books {
  readonly counters: Counters;
  readonly histograms: Readonly<Record<string, Counts>>;
}

/**
 * Counts what one generator worker sees, under the names that the scenario declares, and emits one Recording per
 * second. Times are µs since the run's epoch and must not decrease. Nothing is trimmed here. Phases are labels, and
 * what was due in the warm-up but happens after it still belongs to the warm-up (`of`).
 */
export class Recorder {
  readonly #from: WorkerId;
  readonly #emit: (recording: Recording) => void;
  readonly #readLoop: LoopReader;
  readonly #zero: Counters;
  #failures: FailureCounts = {};
  /** What happens now. */
  readonly now: Books;
  /** What belongs to the warm-up but is recorded after it. */
  readonly #late: Books;
  #lateUsed = false;
  #startUs = 0;
  /** Null between the last handshake and the warm-up. */
  #phase: Phase | null = 'connect';
  #cutUs = SECOND_US;
  #times: PhaseTimes | undefined;
  #steadyUs = 0;
  /** The last slices of connect and warm-up, to which supplements are added. */
  #lastConnect: Bounds = { startUs: 0, endUs: 0, phase: 'connect' };
  #lastWarmUp: Bounds = { startUs: 0, endUs: 0, phase: 'warm-up' };
  readonly #totals: Counters;
  /** Recordings emitted so far. */
  recordings = 0;
  readonly #gauges: Map<string, () => number>;
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
   * All handshakes of this worker are done. Nothing is emitted until `schedule` sets the end of the whole run's
   * connect phase, because the current slice may have to end there.
   */
  connected(): void {
    this.#cutUs = Number.POSITIVE_INFINITY;
  }

  /** Sets the end of the connect phase and the phases that follow. From now on slices begin at their bounds. */
  schedule(times: PhaseTimes): void {
    this.#times = times;
    this.#steadyUs = times.steadyUs;
    this.#cutUs = this.#nextCut(this.#startUs);
  }

  opened(nowUs: number, times: HandshakeTimes): void {
    this.at(nowUs);
    this.open++;
    this.count('opened');
    this.record('tcp', times.tcpUs);
    if (times.tlsUs !== null) this.record('tls', times.tlsUs);
    this.record('upgrade', times.upgradeUs);
    this.record('handshake', times.tcpUs + (times.tlsUs ?? 0) + times.upgradeUs);
  }

  /** A connection that was open is no longer. */
  closed(): void {
    this.open--;
  }

  failed(nowUs: number, stage: FailureStage, kind: FailureKind): void {
    this.at(nowUs);
    const key = `${stage}/${kind}`;
    this.#failures[key] = (this.#failures[key] ?? 0) + 1;
  }

  /** How to read a declared gauge, which is part of every recording; 0 until this is called. */
  level(name: string, read: () => number): void {
    this.#gauges.set(name, read);
  }

  /** Counts under a declared name what happens now; `at` comes first. */
  count(name: string, by = 1): void {
    this.now.counters[name] = (this.now.counters[name] ?? 0) + by;
  }

  /** Records a time in µs under a declared name, as of now; `at` comes first. */
  record(name: string, us: number): void {
    this.now.histograms[name]?.record(us);
  }

  /** It is `nowUs`: emits every recording that is complete by then. Comes before anything is counted. */
  at(nowUs: number): void {
    if (nowUs >= this.#cutUs) this.advance(nowUs);
  }

  /** Where something is counted that was due at `intendedUs`; `at` comes first. */
  of(nowUs: number, intendedUs: number): Books {
    if (intendedUs >= this.#steadyUs || nowUs < this.#steadyUs) return this.now;
    this.#lateUsed = true;
    return this.#late;
  }

  /** Emits every recording that is complete by now. Call it about once a second when nothing happens. */
  advance(nowUs: number): void {
    while (nowUs >= this.#cutUs) this.#cut(this.#cutUs);
  }

  /** Ends recording: emits what is left, and nothing after that. */
  finish(nowUs: number): void {
    this.advance(nowUs);
    this.#cut(Math.max(Math.ceil(nowUs), this.#startUs));
    this.#cutUs = Number.POSITIVE_INFINITY;
  }

  /** Sums of all recordings emitted, and the levels of now. */
  get totals(): Counters {
    return { ...this.#totals, ...this.#levels() };
  }

  #cut(endUs: number): void {
    const loop = this.#readLoop();
    if (this.#phase === null) this.#supplementConnect();
    else {
      const bounds = { startUs: this.#startUs, endUs, phase: this.#phase };
      if (bounds.phase === 'connect') this.#lastConnect = bounds;
      if (bounds.phase === 'warm-up') this.#lastWarmUp = bounds;
      this.#handOut(bounds, this.now, { ...this.#levels(), open: this.open }, loop);
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

  /** Events between the last handshake and the warm-up (failures) are added to the connect phase. */
  #supplementConnect(): void {
    const counts = [...Object.values(this.#failures), ...Object.values(this.now.counters)];
    if (counts.some((count) => count > 0)) this.#handOut(this.#lastConnect, this.now, null, null);
  }

  /**
   * Creates the emitted objects only here, because V8 treats an object that has lived for a second as old and keeps
   * it until a full collection. With so little garbage that is rare: 0.7 MB per minute accumulated until then.
   */
  #handOut(bounds: Bounds, books: Books, gauges: Recording['gauges'], loop: Recording['loop']): void {
    const counters = { ...books.counters };
    const failures = books === this.now ? this.#failures : {};
    for (const name of Object.keys(counters))
      this.#totals[name] = (this.#totals[name] ?? 0) + (counters[name] ?? 0);
    Object.assign(books.counters, this.#zero);
    if (books === this.now) this.#failures = {};
    const histograms = drain(books.histograms);
    const sequence = this.recordings++;
    this.#emit({ from: this.#from, sequence, ...bounds, counters, failures, gauges, histograms, loop });
  }

  #phaseAt(us: number): Phase | null {
    const times = this.#times;
    if (times === undefined || us < times.connectedUs) return 'connect';
    if (us < times.warmUpUs) return null;
    return us < times.steadyUs ? 'warm-up' : us < times.drainUs ? 'steady' : 'drain';
  }

  /** The next whole second of the phase, or its end if that comes first. */
  #nextCut(us: number): number {
    const times = this.#times;
    if (times === undefined) return us + SECOND_US;
    const { connectedUs, warmUpUs, steadyUs, drainUs } = times;
    const bound = [connectedUs, warmUpUs, steadyUs, drainUs].find((at) => at > us);
    return Math.min(us + SECOND_US, bound ?? Number.POSITIVE_INFINITY);
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
