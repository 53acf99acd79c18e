import type { FailureKind } from '../model/failure.ts';
import type { Probe } from '../model/run.ts';
import type { Directive } from '../nginx/tree.ts';
import type { Arrival, Received } from './backend.ts';
import type { Candidate } from './candidate.ts';

/** The outcome of a WebSocket: `echoed`, or the kind of failure. */
export type Outcome = 'echoed' | FailureKind;

/** A handshake like a browser's: the request as sent and as received behind Nginx, and the response. */
export interface Trace {
  sent: Pick<Received, 'path' | 'headers'>;
  /** Null if nothing reached the server behind Nginx. */
  received: Received | null;
  /** Null if Nginx closed the connection without an answer or with an invalid one. */
  response: { status: number; headers: Received['headers'] } | null;
}

/** Observations of one location. */
export interface LocationSeen {
  handshake: {
    outcome: Outcome;
    /** The request that reached the server behind Nginx; null if none did. */
    arrived: Arrival | null;
  };
  trace: Trace | null;
  /**
   * Values of the variables in the location's `proxy_pass` during the handshake, by name; null if there are
   * no variables.
   */
  passed: Readonly<Record<string, string>> | null;
  /** Result of an ordinary GET of the same path, after the handshake. */
  get: { status: number | null; arrived: Arrival | null } | null;
  /**
   * Result of several simultaneous handshakes after an ordinary GET, and how many of them reached the server
   * behind Nginx; null if handshakes do not pass through a cache.
   */
  cache: { afterGet: Outcome; together: number; reached: number; slowestSeconds: number } | null;
  /**
   * Result for a silent and a busy WebSocket in the copy of the configuration that has short timeouts.
   * `seconds` is the time from the last message to the close. `closed` is null if the silent WebSocket stayed
   * open.
   */
  idle: { closed: { code: number; seconds: number } | null; busyStayedOpen: boolean } | null;
}

export interface UpstreamSeen {
  /** Number of client addresses from which WebSockets were opened, and of distinct servers reached. */
  spread: { clients: number; servers: number } | null;
  /**
   * Result of the first handshakes after each server has refused one connection and accepts connections
   * again.
   */
  recovery: { tried: number; failed: number; kind: FailureKind | null } | null;
}

/** Observations of a configuration that was run. */
export interface Seen {
  locations: ReadonlyMap<Candidate, LocationSeen>;
  /** Result of the TLS negotiation with each server that uses TLS. */
  tls: ReadonlyMap<Directive, Probe>;
  upstreams: ReadonlyMap<Directive, UpstreamSeen>;
  /** Number of access log lines written while a WebSocket was open, and after it had closed. */
  log: { whileOpen: number; afterClose: number } | null;
  /**
   * Result of a reload in the copy of the configuration that has short timeouts. `closed` is null if the old
   * worker kept the WebSocket open.
   */
  reload: { closed: { code: number; seconds: number } | null; watchedSeconds: number } | null;
  /** Number of WebSockets that one worker accepted before it refused one. */
  capacity: { opened: number; kind: FailureKind } | null;
}
