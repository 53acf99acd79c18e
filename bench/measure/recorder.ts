import type { FailureKind, FailureStage } from '../model/failure.ts';
import type { Phase } from '../model/load.ts';
import type { HistogramName, Recording } from '../model/recording.ts';
import { Counts } from './counts.ts';

const SECOND_US = 1_000_000;

/** When the phases after connect begin, µs since the run's epoch. */
export interface PhaseTimes {
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

/** Utilisation (0..1) and longest delay in µs of the event loop since the call before. */
export type LoopReader = () => { utilisation: number; delayMaxUs: number };

/**
 * Counts what one generator worker sees and hands out a Recording a second. Times are µs since the run's
 * epoch and must not go back. Nothing is trimmed here: phases are labels, chosen from when a message was
 * due, so that the echo of a warm-up message that comes in the steady phase stays with the warm-up.
 */
export class Recorder {
  readonly #worker: number;
  readonly #emit: (recording: Recording) => void;
  readonly #readLoop: LoopReader;
  readonly #counts = makeCounts();
  /** Latencies of messages that were due before the steady phase and are echoed in it. */
  readonly #tail = makeCounts();
  #tailUsed = false;
  #now: Recording;
  #cutUs: number;
  #times: PhaseTimes | undefined;
  #steadyUs = 0;
  readonly #totals = { sent: 0, echoed: 0, lost: 0 };
  outstanding = 0;
  open = 0;

  constructor(worker: number, emit: (recording: Recording) => void, readLoop: LoopReader) {
    this.#worker = worker;
    this.#emit = emit;
    this.#readLoop = readLoop;
    this.#now = this.#blank(0, 'connect');
    this.#cutUs = SECOND_US;
  }

  /** Sets the phases that follow connect; from now on slices begin at their bounds. */
  schedule(times: PhaseTimes): void {
    this.#times = times;
    this.#steadyUs = times.steadyUs;
    this.#cutUs = Math.min(this.#cutUs, times.warmUpUs);
  }

  opened(nowUs: number, times: HandshakeTimes): void {
    this.advance(nowUs);
    this.#now.opened++;
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
    this.#now.failures[key] = (this.#now.failures[key] ?? 0) + 1;
  }

  /** A message left in an open loop; its send lag is recorded. */
  sentOnSchedule(nowUs: number, intendedUs: number, bytes: number): void {
    this.sent(nowUs, bytes);
    this.#latencies(nowUs, intendedUs).sendLag.record(nowUs - intendedUs);
  }

  sent(nowUs: number, bytes: number): void {
    if (nowUs >= this.#cutUs) this.advance(nowUs);
    this.#now.sent++;
    this.#now.bytesSent += bytes;
    this.outstanding++;
  }

  /** An echo came in a closed loop, which has only service time. */
  echoed(nowUs: number, sentUs: number, bytes: number): void {
    if (nowUs >= this.#cutUs) this.advance(nowUs);
    this.#now.echoed++;
    this.#now.bytesReceived += bytes;
    this.outstanding--;
    this.#latencies(nowUs, sentUs).service.record(nowUs - sentUs);
  }

  /** An echo came in an open loop: response time counts from when the message was due. */
  echoedOnSchedule(nowUs: number, sentUs: number, intendedUs: number, bytes: number): void {
    if (nowUs >= this.#cutUs) this.advance(nowUs);
    this.#now.echoed++;
    this.#now.bytesReceived += bytes;
    this.outstanding--;
    const counts = this.#latencies(nowUs, intendedUs);
    counts.service.record(nowUs - sentUs);
    counts.response.record(nowUs - intendedUs);
  }

  /** A message whose connection ended before the echo came. */
  lost(nowUs: number): void {
    this.advance(nowUs);
    this.#now.lost++;
    this.outstanding--;
  }

  /** A message whose echo did not come in time: lost, and in the histograms with the time waited so far. */
  timedOut(nowUs: number, sentUs: number, intendedUs: number | null): void {
    this.lost(nowUs);
    const counts = this.#latencies(nowUs, intendedUs ?? sentUs);
    counts.service.record(nowUs - sentUs);
    if (intendedUs !== null) counts.response.record(nowUs - intendedUs);
  }

  /** Hands out every recording that is over by now. Call it about once a second when nothing happens. */
  advance(nowUs: number): void {
    while (nowUs >= this.#cutUs) this.#cut(this.#cutUs);
  }

  /** Ends recording: hands out what is left. */
  finish(nowUs: number): void {
    this.advance(nowUs);
    this.#cut(Math.max(Math.ceil(nowUs), this.#now.startUs));
  }

  /** Of all that was handed out; what is neither echoed nor lost is outstanding. */
  get totals(): { sent: number; echoed: number; outstanding: number; lost: number } {
    return { ...this.#totals, outstanding: this.outstanding };
  }

  #latencies(nowUs: number, intendedUs: number): Record<HistogramName, Counts> {
    if (intendedUs >= this.#steadyUs || nowUs < this.#steadyUs) return this.#counts;
    this.#tailUsed = true;
    return this.#tail;
  }

  #cut(endUs: number): void {
    const loop = this.#readLoop();
    const ended = this.#now;
    this.#totals.sent += ended.sent;
    this.#totals.echoed += ended.echoed;
    this.#totals.lost += ended.lost;
    // Not into `ended`: it has lived for a second, which is old for V8, and what hangs on something old stays
    // until everything is collected. With so little garbage that is rare: it was 0.7 MB a minute till then.
    this.#emit({
      ...ended,
      endUs,
      outstanding: this.outstanding,
      open: this.open,
      loopUtilisation: loop.utilisation,
      loopDelayMaxUs: loop.delayMaxUs,
      histograms: drain(this.#counts),
    });
    if (this.#tailUsed) {
      this.#tailUsed = false;
      this.#emit({
        ...this.#blank(ended.startUs, 'warm-up'),
        endUs,
        outstanding: this.outstanding,
        open: this.open,
        histograms: drain(this.#tail),
      });
    }
    this.#now = this.#blank(endUs, this.#phaseAt(endUs));
    this.#cutUs = this.#nextCut(endUs);
  }

  #phaseAt(us: number): Phase {
    const times = this.#times;
    if (times === undefined || us < times.warmUpUs) return 'connect';
    return us < times.steadyUs ? 'warm-up' : us < times.drainUs ? 'steady' : 'drain';
  }

  /** The next whole second of the phase, or its end where that comes first. */
  #nextCut(us: number): number {
    const times = this.#times;
    if (times === undefined) return us + SECOND_US;
    const bound = [times.warmUpUs, times.steadyUs, times.drainUs].find((at) => at > us);
    return Math.min(us + SECOND_US, bound ?? Number.POSITIVE_INFINITY);
  }

  #blank(startUs: number, phase: Phase): Recording {
    return {
      worker: this.#worker,
      startUs,
      endUs: startUs,
      phase,
      sent: 0,
      echoed: 0,
      lost: 0,
      bytesSent: 0,
      bytesReceived: 0,
      opened: 0,
      failures: {},
      outstanding: 0,
      open: 0,
      histograms: {},
      loopUtilisation: 0,
      loopDelayMaxUs: 0,
    };
  }
}

function makeCounts(): Record<HistogramName, Counts> {
  return {
    tcp: new Counts(),
    tls: new Counts(),
    upgrade: new Counts(),
    handshake: new Counts(),
    response: new Counts(),
    service: new Counts(),
    sendLag: new Counts(),
  };
}

function drain(counts: Record<HistogramName, Counts>): Recording['histograms'] {
  const drained: Recording['histograms'] = {};
  for (const [name, of] of Object.entries(counts) as [HistogramName, Counts][]) {
    const pairs = of.drain();
    if (pairs.length > 0) drained[name] = pairs;
  }
  return drained;
}
