import type { HandshakeTimes, Recorder } from '../../measure/recorder.ts';
import type { FailureKind, FailureStage } from '../../model/failure.ts';
import type { Source } from '../carriers/carrier.ts';
import type { Clock } from '../clock.ts';
import type { Connector, OpenFacts } from '../connections/connection.ts';
import { type Route, routeOf } from '../connections/route.ts';
import type { Client, OpenSessions } from './client.ts';
import { Session, type SessionHost } from './session.ts';

export interface SessionsOptions {
  clock: Clock;
  recorder: Recorder;
  connect: Connector;
  connectTimeoutUs: number;
  /** Called when a handshake has ended, whether it succeeded or not, so that the next one can start. */
  onHandshakeOver(): void;
}

/**
 * Manages a generator worker's connections: opens them, keeps track of the open ones, and counts openings and
 * failures.
 */
export class Sessions<State> implements SessionHost<State>, OpenSessions<State> {
  readonly client: Client<State>;
  readonly routes: Route[] = [];
  readonly #options: SessionsOptions;
  readonly #all = new Set<Session<State>>();
  readonly #open: Session<State>[] = [];
  /** Round-robin positions of the next sender and of the timeout scan. */
  #turn = 0;
  #scan: Iterator<Session<State>> | null = null;
  /** Number of sessions left to check in this round of the timeout scan. */
  #scanLeft = 0;
  openings = 0;
  failures = 0;

  constructor(options: SessionsOptions, makeClient: (sessions: OpenSessions<State>) => Client<State>) {
    this.#options = options;
    this.client = makeClient(this);
  }

  /** Starts one handshake. */
  connect(id: number, source: Source | null, port: number): void {
    const { client } = this;
    const session = new Session(id, this.#options.clock(), port, client.state(), this, client);
    this.#all.add(session);
    session.attach(this.#options.connect(id, source, port, session));
  }

  /** Number of sessions that are open or still in their handshake. */
  get size(): number {
    return this.#all.size;
  }

  get openConnections(): number {
    return this.#open.length;
  }

  allOpen(): Session<State>[] {
    return [...this.#open];
  }

  nextOpen(): Session<State> | undefined {
    this.#turn = this.#turn + 1 < this.#open.length ? this.#turn + 1 : 0;
    return this.#open[this.#turn];
  }

  /**
   * Checks the next `count` sessions in round-robin order: aborts handshakes that take too long, and calls
   * the client's `tick`. A round covers only as many sessions as existed when it began. Otherwise, a
   * round might never end if sessions are added faster than they are checked.
   */
  tick(count: number): void {
    const nowUs = this.#options.clock();
    for (let i = 0; i < count; i++) {
      if (this.#scan === null) {
        this.#scan = this.#all.values();
        this.#scanLeft = this.#all.size;
      }
      const next = this.#scan.next();
      if (next.done || this.#scanLeft-- === 0) {
        this.#scan = null;
        return;
      }
      const session = next.value;
      if (session.isOpen) this.client.tick(session, nowUs);
      else if (session.stage !== 'open' && nowUs - session.startUs >= this.#options.connectTimeoutUs)
        session.giveUp('connect-timeout');
    }
  }

  /** Drops all open connections. Each counts as a failure of kind `cut`. */
  cutAll(): void {
    for (const session of this.allOpen()) session.giveUp('cut');
  }

  /** Starts the closing handshake on all open connections. */
  closeAll(): void {
    for (const session of this.allOpen()) session.close();
  }

  destroyAll(): void {
    for (const session of this.#all) session.destroy();
  }

  /** This method and all methods below implement SessionHost. */
  opened(session: Session<State>, times: HandshakeTimes, facts: OpenFacts): Route {
    session.openIndex = this.#open.push(session) - 1;
    this.openings++;
    this.#options.recorder.opened(this.#options.clock(), times, this.client.dueUs?.(session));
    this.client.open(session);
    this.#options.onHandshakeOver();
    return routeOf(this.routes, facts);
  }

  failed(session: Session<State>, stage: FailureStage, kind: FailureKind): void {
    const nowUs = this.#options.clock();
    this.failures++;
    this.#options.recorder.failed(nowUs, stage, kind);
    this.#remove(session, nowUs, true);
    if (stage !== 'open') this.#options.onHandshakeOver();
  }

  closed(session: Session<State>): void {
    this.#remove(session, this.#options.clock(), false);
  }

  #remove(session: Session<State>, nowUs: number, isFailure: boolean): void {
    this.#all.delete(session);
    const at = session.openIndex;
    if (at < 0) {
      this.client.refused(session, nowUs);
      return;
    }
    session.openIndex = -1;
    this.#options.recorder.closed(nowUs);
    const last = this.#open.pop();
    if (last !== undefined && last !== session) {
      this.#open[at] = last;
      last.openIndex = at;
    }
    this.client.closed(session, nowUs, isFailure);
  }
}
