import type { HandshakeTimes, PhaseTimes, Recorder } from '../../measure/recorder.ts';
import type { FailureKind, FailureStage } from '../../model/failure.ts';
import type { Load } from '../../model/load.ts';
import type { Source } from '../carriers/carrier.ts';
import type { Clock } from '../clock.ts';
import type { Connector, OpenFacts } from '../connections/connection.ts';
import { makePacer, type Pacer } from '../pacing/pacer.ts';
import type { Waker } from '../pacing/waker.ts';
import type { Payload } from '../wire/payload.ts';
import { Session } from './session.ts';

/**
 * Writes in one turn of the event loop at most, some milliseconds' worth: at a rate beyond what this process
 * can send it would else only send, ever more in a turn, and never read an echo.
 */
const WRITES_A_TURN = 256;

/** A way that messages took, as far as the handshake tells: a row of the spread. */
export interface Route {
  nginxWorker: string | null;
  upstream: string | null;
  alpn: string | null;
  connections: number;
  messages: number;
}

export interface EchoOptions {
  clock: Clock;
  payload: Payload;
  recorder: Recorder;
  load: Load;
  echoTimeoutUs: number;
  connectTimeoutUs: number;
  /** This worker's number, how many there are, and the run's seed: they fix the schedule. */
  worker: number;
  workers: number;
  seed: number;
  /** Calls back when the next message is due; used by an open loop only. */
  makeWaker(wake: () => void): Waker;
  connect: Connector;
  /** A handshake is over, whichever way: the next may begin. */
  onHandshakeOver(): void;
}

/**
 * The scenario `echo` in one generator worker: every open connection sends messages, closed or open
 * loop, and every echo is checked for content and order.
 */
export class Echo {
  readonly clock: Clock;
  readonly payload: Payload;
  readonly recorder: Recorder;
  readonly text: boolean;
  /** Closed loop: unanswered messages a connection; 0 in an open loop. */
  readonly inFlight: number;
  readonly routes: Route[] = [];
  readonly #options: EchoOptions;
  readonly #open: Session[] = [];
  readonly #sessions = new Set<Session>();
  #times: PhaseTimes | null = null;
  #stopped = false;
  #pacer: Pacer | null = null;
  #waker: Waker | null = null;
  #turn = 0;
  #lastUs = 0;
  /** Open loop: sessions with messages that are due, the one that waits longest first. */
  readonly #waiting: Session[] = [];
  #served = 0;
  /** Writes left before the event loop has to have read again. */
  #writesLeft = 0;
  #scan: Iterator<Session> | null = null;
  openings = 0;
  failures = 0;

  constructor(options: EchoOptions) {
    this.clock = options.clock;
    this.payload = options.payload;
    this.recorder = options.recorder;
    this.text = options.payload.type === 'text';
    this.inFlight = options.load.kind === 'closed' ? options.load.inFlight : 0;
    this.#options = options;
  }

  get openConnections(): number {
    return this.#open.length;
  }

  /** Sessions that are open or in their handshake. */
  get sessions(): number {
    return this.#sessions.size;
  }

  /** Begins one handshake. */
  connect(id: number, source: Source | null, port: number): void {
    const session = new Session(id, this);
    this.#sessions.add(session);
    session.attach(this.#options.connect(id, source, port, session));
  }

  /** From `warmUpUs` on messages are sent, until `drainUs`. */
  start(times: PhaseTimes): void {
    this.#times = times;
    this.recorder.schedule(times);
    const { load, worker, workers, seed } = this.#options;
    if (load.kind === 'open') {
      this.#pacer = makePacer(load, times.warmUpUs, worker, workers, seed);
      this.#waker = this.#options.makeWaker(() => this.#pumpTurn());
      this.#waker.wakeAt(this.#pacer.dueUs);
    }
  }

  /** Closed loop: the first messages of every connection, once warm-up has begun. */
  fillAll(): void {
    if (this.inFlight === 0) return;
    for (const session of [...this.#open]) session.fill(this.inFlight);
  }

  /** Whether a closed loop may send at this time. */
  maySend(nowUs: number): boolean {
    const times = this.#times;
    return times !== null && !this.#stopped && nowUs >= times.warmUpUs && nowUs < times.drainUs;
  }

  /** Nothing is left to send or to wait for. */
  isDrained(nowUs: number): boolean {
    if (this.#stopped) return true;
    if (this.#times === null) return false;
    const allSent =
      this.#pacer === null
        ? nowUs >= this.#times.drainUs
        : this.#pacer.dueUs >= this.#times.drainUs && this.#waiting.length === 0;
    return (
      (allSent && nowUs >= this.#times.drainUs && this.recorder.outstanding === 0) || this.#open.length === 0
    );
  }

  /** Sends what fell due, where the echo that just came tells that something did. */
  pumpIfDue(): void {
    const pacer = this.#pacer;
    if (pacer === null || this.#writesLeft === 0) return;
    if (this.#lastUs >= pacer.dueUs || this.#waiting.length > 0) this.#pump(pacer);
  }

  /** Called in a turn of its own of the event loop: what could be read has been. */
  #pumpTurn(): void {
    this.#writesLeft = WRITES_A_TURN;
    if (this.#pacer !== null) this.#pump(this.#pacer);
  }

  /** Hands out what is due, however late, sends as far as the turn goes, and sets the alarm for the next. */
  #pump(pacer: Pacer): void {
    const times = this.#times;
    if (times === null || this.#stopped) return;
    const nowUs = this.clock();
    const untilUs = Math.min(nowUs, times.drainUs);
    const waiting = this.#waiting;
    while (pacer.dueUs <= untilUs && pacer.dueUs < times.drainUs && this.#open.length > 0) {
      const session = this.#nextOpen();
      if (session?.fallsDue(pacer.dueUs)) waiting.push(session);
      pacer.advance();
    }
    for (; this.#writesLeft > 0 && this.#served < waiting.length; this.#writesLeft--)
      waiting[this.#served++]?.sendDue();
    if (this.#served < waiting.length) {
      this.#waker?.wakeAt(nowUs);
      return;
    }
    waiting.length = 0;
    this.#served = 0;
    if (pacer.dueUs < times.drainUs && this.#open.length > 0) this.#waker?.wakeAt(pacer.dueUs);
  }

  opened(session: Session, times: HandshakeTimes, facts: OpenFacts): number {
    session.openIndex = this.#open.push(session) - 1;
    this.openings++;
    const nowUs = this.clock();
    this.recorder.opened(nowUs, times);
    this.#options.onHandshakeOver();
    return this.#routeOf(facts);
  }

  echoed(sentUs: number, intendedUs: number, bytes: number, route: number): void {
    const nowUs = this.clock();
    this.#lastUs = nowUs;
    if (this.inFlight > 0) this.recorder.echoed(nowUs, sentUs, bytes);
    else this.recorder.echoedOnSchedule(nowUs, sentUs, intendedUs, bytes);
    const row = this.routes[route];
    if (row !== undefined) row.messages++;
  }

  failed(session: Session, nowUs: number, stage: FailureStage, kind: FailureKind): void {
    this.failures++;
    this.recorder.failed(nowUs, stage, kind);
    if (stage !== 'open') this.#options.onHandshakeOver();
    this.ended(session);
  }

  /** A session is over: it leaves the lists. */
  ended(session: Session): void {
    this.#sessions.delete(session);
    const at = session.openIndex;
    if (at < 0) return;
    this.recorder.closed();
    session.openIndex = -1;
    const last = this.#open.pop();
    if (last === undefined || last === session) return;
    this.#open[at] = last;
    last.openIndex = at;
  }

  /** Looks at `count` sessions for timeouts, going round; call it often with few. */
  checkTimeouts(count: number): void {
    const nowUs = this.clock();
    for (let i = 0; i < count; i++) {
      this.#scan ??= this.#sessions.values();
      const next = this.#scan.next();
      if (next.done) {
        this.#scan = null;
        return;
      }
      next.value.checkTimeout(nowUs, this.#options.echoTimeoutUs, this.#options.connectTimeoutUs);
    }
  }

  /** Sends nothing more; what is unanswered stays so. */
  stop(): void {
    this.#stopped = true;
    this.#waker?.close();
  }

  /** Begins closing handshakes with all that are open; how many are left then. */
  closeAll(): void {
    this.stop();
    for (const session of [...this.#open]) session.close();
  }

  destroyAll(): void {
    this.stop();
    for (const session of [...this.#sessions]) session.destroy();
  }

  #nextOpen(): Session | undefined {
    this.#turn = this.#turn + 1 < this.#open.length ? this.#turn + 1 : 0;
    return this.#open[this.#turn];
  }

  #routeOf(facts: OpenFacts): number {
    const { nginxWorker, upstream, alpn } = facts;
    let at = this.routes.findIndex(
      (route) => route.nginxWorker === nginxWorker && route.upstream === upstream && route.alpn === alpn,
    );
    if (at < 0) at = this.routes.push({ nginxWorker, upstream, alpn, connections: 0, messages: 0 }) - 1;
    const row = this.routes[at];
    if (row !== undefined) row.connections++;
    return at;
  }
}
