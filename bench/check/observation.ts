import type { FailureKind } from '../model/failure.ts';
import type { Probe } from '../model/run.ts';
import type { Directive } from '../nginx/tree.ts';
import type { Arrival, Received } from './backend.ts';
import type { Candidate } from './candidate.ts';

/** The outcome of a WebSocket: `echoed`, or how it failed. */
export type Outcome = 'echoed' | FailureKind;

/** A handshake as a browser sends it, with what became of it on both sides of Nginx. */
export interface Trace {
  sent: Pick<Received, 'path' | 'headers'>;
  /** Null: nothing reached the server behind Nginx. */
  received: Received | null;
  /** Null: Nginx closed without an answer, or with an invalid one. */
  response: { status: number; headers: Received['headers'] } | null;
}

/** What was seen of one location. */
export interface LocationSeen {
  handshake: {
    outcome: Outcome;
    /** What reached the server behind Nginx; null: nothing did. */
    arrived: Arrival | null;
  };
  trace: Trace | null;
  /** What the variables of its `proxy_pass` held for that handshake, by name; null if it has none. */
  passed: Readonly<Record<string, string>> | null;
  /** An ordinary GET of the same path, after the handshake. */
  get: { status: number | null; arrived: Arrival | null } | null;
  /**
   * If handshakes go through a cache: the outcome of several at once after that GET, and how many of them reached
   * the server behind Nginx.
   */
  cache: { afterGet: Outcome; together: number; reached: number; slowestSeconds: number } | null;
  /** In the copy with short timeouts. `seconds`: from the last message to the close; `closed` null: it stayed open. */
  idle: { closed: { code: number; seconds: number } | null; busyStayedOpen: boolean } | null;
}

export interface UpstreamSeen {
  /** How many client addresses WebSockets came from, and how many distinct servers they reached. */
  spread: { clients: number; servers: number } | null;
  /** The next handshakes after each server had refused one connection and then accepted again. */
  recovery: { tried: number; failed: number; kind: FailureKind | null } | null;
}

/** What was seen of a configuration that was run. */
export interface Seen {
  locations: ReadonlyMap<Candidate, LocationSeen>;
  /** Of the servers with TLS. */
  tls: ReadonlyMap<Directive, Probe>;
  upstreams: ReadonlyMap<Directive, UpstreamSeen>;
  /** Lines written to access logs while a WebSocket was open, and after it had closed. */
  log: { whileOpen: number; afterClose: number } | null;
  /** After a reload in the copy with short timeouts; `closed` null: the old worker still held the WebSocket. */
  reload: { closed: { code: number; seconds: number } | null; watchedSeconds: number } | null;
  /** WebSockets that one worker accepted before it refused one. */
  capacity: { opened: number; kind: FailureKind } | null;
}
