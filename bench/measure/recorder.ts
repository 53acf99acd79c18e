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

/** When the phases begin and end, whole µs since the run's epoch. */
export interface PhaseTimes {
  /** The last handshake of all workers was over; from here to the warm-up is no phase. */
  connectedUs: number;
  warmUpUs: number;
  steadyUs: number;
  drainUs: number;
}

/** Duration of the parts of a handshake in µs; tls is null on a plain connection. */
export interface HandshakeTimes {
  tcpUs: number;
  tlsUs: number | null;
  upgradeUs: number;
}

/** What the event loop did since it was asked last; null where too little time has passed to tell. */
export type LoopReader = () => LoopFigures | null;

type Bounds = Pick<Recording, 'startUs' | 'endUs' | 'phase'>;

/**
 * Counts what one generator worker sees and hands out a Recording a second. Times are µs since the run's
 * epoch and must not go back. Nothing is trimmed here: phases are labels, and a latency is filed under the
 * phase in which its message was due, so that the echo of a warm-up message that comes in the steady phase
 * stays with the warm-up.
 */
export class Recorder {
  readonly #from: Pick<Recording, 'host' | 'worker'>;
  readonly #emit: (recording: Recording) => void;
  readonly #readLoop: LoopReader;
  readonly #counters = zeroCounters();
  #failures: FailureCounts = {};
  readonly #counts = makeCounts();
  /** Of messages that were due in the warm-up and are told of after it. */
  readonly #late = makeCounts();
  #lateDue = 0;
  #lateUsed = false;
  #startUs = 0;
  /** Null between the last handshake and the warm-up. */
  #phase: Phase | null = 'connect';
  #cutUs = SECOND_US;
  #times: PhaseTimes | undefined;
  #steadyUs = 0;
  /** The last slices of connect and warm-up: what a supplement adds to. */
  #lastConnect: Bounds = { startUs: 0, endUs: 0, phase: 'connect' };
  #lastWarmUp: Bounds = { startUs: 0, endUs: 0, phase: 'warm-up' };
  readonly #totals = { due: 0, sent: 0, echoed: 0, lost: 0, unsent: 0 };
  /** Recordings handed out so far. */
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
   * All handshakes of this worker are over. Until `schedule` tells when the connect phase of the whole run
   * ended nothing is handed out, for the slice that is open now may have to end there.
   */
  connected(): void {
    this.#cutUs = Number.POSITIVE_INFINITY;
  }

  /** Sets the end of connect and the phases that follow; from now on slices begin at their bounds. */
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

  /** A message left in a closed loop, where it is due when it is sent. */
  sent(nowUs: number, bytes: number): void {
    if (nowUs >= this.#cutUs) this.advance(nowUs);
    this.#counters.due++;
    this.#counters.sent++;
    this.#counters.bytesSent += bytes;
    this.outstanding++;
  }

  /** An echo came in a closed loop, which has only service time. */
  echoed(nowUs: number, sentUs: number, bytes: number): void {
    this.#echo(nowUs, bytes);
    this.#filedUnder(nowUs, sentUs).service.record(nowUs - sentUs);
  }

  /** The schedule of an open loop came to a message. Counted under the phase of its intended time. */
  fellDue(nowUs: number, intendedUs: number): void {
    if (nowUs >= this.#cutUs) this.advance(nowUs);
    if (this.#isLate(nowUs, intendedUs)) {
      this.#lateDue++;
      this.#lateUsed = true;
    } else this.#counters.due++;
  }

  /** A message left in an open loop; its send lag is recorded, under the phase of its intended time. */
  sentOnSchedule(nowUs: number, intendedUs: number, bytes: number): void {
    if (nowUs >= this.#cutUs) this.advance(nowUs);
    this.#counters.sent++;
    this.#counters.bytesSent += bytes;
    this.outstanding++;
    this.#filedUnder(nowUs, intendedUs).sendLag.record(nowUs - intendedUs);
  }

  /**
   * An echo came in an open loop: response time counts from when the message was due. Both times are filed
   * under the phase of that.
   */
  echoedOnSchedule(nowUs: number, sentUs: number, intendedUs: number, bytes: number): void {
    this.#echo(nowUs, bytes);
    const counts = this.#filedUnder(nowUs, intendedUs);
    counts.service.record(nowUs - sentUs);
    counts.response.record(nowUs - intendedUs);
  }

  /**
   * A message that was sent is given up, because its connection ended or its echo took too long: censored,
   * not absent. It enters the histograms with the time that it has waited so far, since it was due (response)
   * and since it was sent (service), under the phase of its intended time; in a closed loop (`intendedUs`
   * null) that of its send. The count of the lost is of the moment in which it was given up.
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
   * A message that was due is given up before it was sent: it has a response time of at least `waitedUs`,
   * under the phase of its intended time, and neither service time nor send lag.
   */
  unsent(nowUs: number, intendedUs: number, waitedUs: number): void {
    this.advance(nowUs);
    this.#counters.unsent++;
    const counts = this.#filedUnder(nowUs, intendedUs);
    counts.response.record(waitedUs);
    counts.unsentWait.record(waitedUs);
  }

  /** Hands out every recording that is over by now. Call it about once a second when nothing happens. */
  advance(nowUs: number): void {
    while (nowUs >= this.#cutUs) this.#cut(this.#cutUs);
  }

  /** Ends recording: hands out what is left, and nothing after that. */
  finish(nowUs: number): void {
    this.advance(nowUs);
    this.#cut(Math.max(Math.ceil(nowUs), this.#startUs));
    this.#cutUs = Number.POSITIVE_INFINITY;
  }

  /** Of all that was handed out; what was sent and is neither echoed nor lost is outstanding. */
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

  /** Due in the warm-up, and the warm-up is over. */
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

  /** What happens between the last handshake and the warm-up is told of with the connect phase: failures. */
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
   * Objects that are handed out are made here: what has lived for a second is old for V8, and stays until
   * everything is collected. With so little garbage that is rare: it was 0.7 MB a minute till then.
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

  /** The next whole second of the phase, or its end where that comes first. */
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
