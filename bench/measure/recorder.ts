import type { FailureCounts, FailureKind, FailureStage } from '../model/failure.ts';
import type { Phase } from '../model/load.ts';
import {
  type LoopFigures,
  RECORDED,
  type RecordedName,
  type Recording,
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

/**
 * Counts what one generator worker sees and emits one Recording per second. Times are µs since the run's epoch and
 * must not decrease. Nothing is trimmed here. Phases are labels, and a latency belongs to the phase in which its
 * message was due: the echo of a warm-up message that arrives in the steady phase stays with the warm-up.
 */
export class Recorder {
  readonly #from: Pick<Recording, 'host' | 'worker'>;
  readonly #emit: (recording: Recording) => void;
  readonly #readLoop: LoopReader;
  readonly #counters = zeroCounters();
  #failures: FailureCounts = {};
  readonly #counts = makeCounts();
  /** Messages that were due in the warm-up but are recorded after it. */
  readonly #late = makeCounts();
  #lateDue = 0;
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
  readonly #totals = { due: 0, sent: 0, echoed: 0, lost: 0, unsent: 0 };
  /** Recordings emitted so far. */
  recordings = 0;
  outstanding = 0;
  open = 0;

  constructor(
    from: Pick<Recording, 'host' | 'worker'>,
    emit: (recording: Recording) => void,
    readLoop: LoopReader,
  ) {
    this.#from = { host: from.host, worker: from.worker };
    this.#emit = emit;
    this.#readLoop = readLoop;
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
    this.advance(nowUs);
    this.#counters.opened++;
    this.open++;
    this.#counts.tcp.record(times.tcpUs);
    if (times.tlsUs !== null) this.#counts.tls.record(times.tlsUs);
    this.#counts.upgrade.record(times.upgradeUs);
    this.#counts.handshake.record(times.tcpUs + (times.tlsUs ?? 0) + times.upgradeUs);
  }

  /** A connection that was open is no longer. */
  closed(): void {
    this.open--;
  }

  failed(nowUs: number, stage: FailureStage, kind: FailureKind): void {
    this.advance(nowUs);
    const key = `${stage}/${kind}`;
    this.#failures[key] = (this.#failures[key] ?? 0) + 1;
  }

  /** A message was sent in a closed loop, where it is due when it is sent. */
  sent(nowUs: number, bytes: number): void {
    if (nowUs >= this.#cutUs) this.advance(nowUs);
    this.#counters.due++;
    this.#counters.sent++;
    this.#counters.bytesSent += bytes;
    this.outstanding++;
  }

  /** An echo arrived in a closed loop, which has only service time. */
  echoed(nowUs: number, sentUs: number, bytes: number): void {
    this.#echo(nowUs, bytes);
    this.#filedUnder(nowUs, sentUs).service.record(nowUs - sentUs);
  }

  /** A message of an open loop fell due. It counts in the phase of its intended time. */
  fellDue(nowUs: number, intendedUs: number): void {
    if (nowUs >= this.#cutUs) this.advance(nowUs);
    if (this.#isLate(nowUs, intendedUs)) {
      this.#lateDue++;
      this.#lateUsed = true;
    } else this.#counters.due++;
  }

  /** A message was sent in an open loop. Its send lag is recorded in the phase of its intended time. */
  sentOnSchedule(nowUs: number, intendedUs: number, bytes: number): void {
    if (nowUs >= this.#cutUs) this.advance(nowUs);
    this.#counters.sent++;
    this.#counters.bytesSent += bytes;
    this.outstanding++;
    this.#filedUnder(nowUs, intendedUs).sendLag.record(nowUs - intendedUs);
  }

  /**
   * An echo arrived in an open loop. Response time counts from the intended time, and both times are recorded in
   * the phase of that.
   */
  echoedOnSchedule(nowUs: number, sentUs: number, intendedUs: number, bytes: number): void {
    this.#echo(nowUs, bytes);
    const counts = this.#filedUnder(nowUs, intendedUs);
    counts.service.record(nowUs - sentUs);
    counts.response.record(nowUs - intendedUs);
  }

  /**
   * A message that was sent is given up, because its connection ended or its echo took too long. It is censored,
   * not absent: it enters the histograms with the time it has waited so far, since it was due (response) and since
   * it was sent (service). The times belong to the phase of its intended time, or in a closed loop (`intendedUs`
   * null) of its send. The lost counter belongs to the moment it was given up.
   */
  lost(nowUs: number, sentUs: number, intendedUs: number | null): void {
    this.advance(nowUs);
    this.#counters.lost++;
    this.outstanding--;
    const counts = this.#filedUnder(nowUs, intendedUs ?? sentUs);
    counts.service.record(nowUs - sentUs);
    counts.lostWait.record(nowUs - (intendedUs ?? sentUs));
    if (intendedUs !== null) counts.response.record(nowUs - intendedUs);
  }

  /**
   * A message that was due is given up before it was sent. It has a response time of at least `waitedUs`, in the
   * phase of its intended time, but neither service time nor send lag.
   */
  unsent(nowUs: number, intendedUs: number, waitedUs: number): void {
    this.advance(nowUs);
    this.#counters.unsent++;
    const counts = this.#filedUnder(nowUs, intendedUs);
    counts.response.record(waitedUs);
    counts.unsentWait.record(waitedUs);
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

  /** Totals of all recordings emitted. Messages that were sent but neither echoed nor lost are outstanding. */
  get totals(): {
    due: number;
    sent: number;
    echoed: number;
    outstanding: number;
    lost: number;
    unsent: number;
  } {
    return { ...this.#totals, outstanding: this.outstanding };
  }

  #echo(nowUs: number, bytes: number): void {
    if (nowUs >= this.#cutUs) this.advance(nowUs);
    this.#counters.echoed++;
    this.#counters.bytesReceived += bytes;
    this.outstanding--;
  }

  /** Whether the message was due in the warm-up and the warm-up is over. */
  #isLate(nowUs: number, intendedUs: number): boolean {
    return intendedUs < this.#steadyUs && nowUs >= this.#steadyUs;
  }

  #filedUnder(nowUs: number, intendedUs: number): Record<RecordedName, Counts> {
    if (!this.#isLate(nowUs, intendedUs)) return this.#counts;
    this.#lateUsed = true;
    return this.#late;
  }

  #cut(endUs: number): void {
    const loop = this.#readLoop();
    if (this.#phase === null) this.#supplementConnect();
    else {
      const bounds = { startUs: this.#startUs, endUs, phase: this.#phase };
      if (bounds.phase === 'connect') this.#lastConnect = bounds;
      if (bounds.phase === 'warm-up') this.#lastWarmUp = bounds;
      this.#handOut(bounds, { outstanding: this.outstanding, open: this.open }, loop);
    }
    if (this.#lateUsed) this.#supplementWarmUp();
    this.#startUs = endUs;
    this.#phase = this.#phaseAt(endUs);
    this.#cutUs = this.#nextCut(endUs);
  }

  /** Events between the last handshake and the warm-up (failures) are added to the connect phase. */
  #supplementConnect(): void {
    const counts = [...Object.values(this.#failures), ...Object.values(this.#counters)];
    if (counts.some((count) => count > 0)) this.#handOut(this.#lastConnect, null, null);
  }

  #supplementWarmUp(): void {
    const counters = { ...zeroCounters(), due: this.#lateDue };
    this.#totals.due += this.#lateDue;
    this.#lateDue = 0;
    this.#lateUsed = false;
    const histograms = drain(this.#late);
    this.#emit({
      ...this.#from,
      sequence: this.recordings++,
      ...this.#lastWarmUp,
      counters,
      failures: {},
      gauges: null,
      histograms,
      loop: null,
    });
  }

  /**
   * Creates the emitted objects only here, because V8 treats an object that has lived for a second as old and keeps
   * it until a full collection. With so little garbage that is rare: 0.7 MB per minute accumulated until then.
   */
  #handOut(bounds: Bounds, gauges: Recording['gauges'], loop: Recording['loop']): void {
    const counters = { ...this.#counters };
    const failures = this.#failures;
    this.#totals.due += counters.due;
    this.#totals.sent += counters.sent;
    this.#totals.echoed += counters.echoed;
    this.#totals.lost += counters.lost;
    this.#totals.unsent += counters.unsent;
    Object.assign(this.#counters, zeroCounters());
    this.#failures = {};
    const histograms = drain(this.#counts);
    const sequence = this.recordings++;
    this.#emit({ ...this.#from, sequence, ...bounds, counters, failures, gauges, histograms, loop });
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

function makeCounts(): Record<RecordedName, Counts> {
  return {
    tcp: new Counts(),
    tls: new Counts(),
    upgrade: new Counts(),
    handshake: new Counts(),
    response: new Counts(),
    service: new Counts(),
    sendLag: new Counts(),
    lostWait: new Counts(),
    unsentWait: new Counts(),
  };
}

function drain(counts: Record<RecordedName, Counts>): Recording['histograms'] {
  const drained: Recording['histograms'] = {};
  for (const name of RECORDED) {
    const pairs = counts[name].drain();
    if (pairs.length > 0) drained[name] = pairs;
  }
  return drained;
}
