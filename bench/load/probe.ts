import { once } from 'node:events';
import http2 from 'node:http2';
import { isIPv6 } from 'node:net';
import tls from 'node:tls';
import type { Probe } from '../model/run.ts';
import { SKIP_CERTIFICATE_CHECK } from './carriers/node.ts';

const TIMEOUT_MS = 5_000;
/**
 * Time to wait for a session ticket. TLS 1.3 sends tickets only after the handshake (RFC 8446 section 4.6.1).
 */
const TICKET_MS = 500;

/** The probe result without TLS: there is nothing to negotiate. */
export const PLAIN_PROBE: Probe = {
  alpn: null,
  alpnOffered: null,
  extendedConnect: null,
  tlsProtocol: null,
  tlsCipher: null,
  tlsKeyType: null,
  tlsResumed: null,
};

/** A listener to probe. */
export interface ProbeTarget {
  host: string;
  port: number;
  /** Certificate authorities (PEM) for verifying the certificate; if missing, nothing is verified. */
  ca?: string;
  /** Server name to request in the TLS handshake; empty if only the listener's address is known. */
  servername: string;
}

/**
 * Determines what a TLS listener negotiates, using separate connections before the load starts. The returned
 * `alpn` is null; it is set later, when the WebSockets have negotiated a protocol. Support for extended
 * CONNECT is read from the SETTINGS frame (RFC 8441 section 3), never inferred from a version.
 *
 * @throws the signal's reason if the signal aborts the probe; otherwise an Error that describes how the
 *   listener failed
 */
export async function probeTls(target: ProbeTarget, signal: AbortSignal): Promise<Probe> {
  const offer = { ...optionsOf(target), ALPNProtocols: ['h2', 'http/1.1'] };
  const first = await secured(offer, signal);
  const alpnOffered = first.socket.alpnProtocol || null;
  const facts = {
    tlsProtocol: first.socket.getProtocol(),
    tlsCipher: first.socket.getCipher().name,
    tlsKeyType: first.socket.getPeerX509Certificate()?.publicKey.asymmetricKeyType ?? null,
  };
  const session = await ticketOf(first, signal).finally(() => first.socket.destroy());
  let tlsResumed = false;
  if (session !== null) {
    const { socket } = await secured({ ...offer, session }, signal);
    tlsResumed = socket.isSessionReused();
    socket.destroy();
  }
  const extendedConnect = alpnOffered === 'h2' ? await advertisesConnect(target, signal) : null;
  return { alpn: null, alpnOffered, extendedConnect, ...facts, tlsResumed };
}

function optionsOf({ host, port, ca, servername }: ProbeTarget): tls.ConnectionOptions {
  const trust = ca === undefined ? SKIP_CERTIFICATE_CHECK : { ca };
  return { host, port, ...trust, ...(servername === '' ? {} : { servername }) };
}

/**
 * A TLS connection and the first session ticket received on it. With TLS 1.2, the ticket is part of the
 * handshake.
 */
interface Secured {
  socket: tls.TLSSocket;
  ticket: Buffer | null;
}

/** Opens a TLS connection. Rejects if the listener closes the connection during the handshake. */
function secured(options: tls.ConnectionOptions, signal: AbortSignal): Promise<Secured> {
  return waitFor(signal, 'no answer to the TLS handshake', (resolve, reject) => {
    const socket = tls.connect(options);
    const made: Secured = { socket, ticket: null };
    socket.on('session', (ticket) => {
      made.ticket ??= ticket;
    });
    socket.on('error', reject);
    socket.once('secureConnect', () => resolve(made));
    // Tickets are only processed while the socket is being read.
    socket.resume();
    return () => socket.destroy();
  });
}

/** Waits for a session ticket. Returns null if none arrives in time or before the connection ends. */
async function ticketOf({ socket, ticket }: Secured, signal: AbortSignal): Promise<Buffer | null> {
  if (ticket !== null || socket.destroyed) return ticket;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TICKET_MS)]);
  const over = new AbortController();
  socket.once('close', () => over.abort());
  const came = once(socket, 'session', { signal: AbortSignal.any([limit, over.signal]) });
  const [session] = (await came.catch(() => [null])) as [Buffer | null];
  signal.throwIfAborted();
  return session;
}

function advertisesConnect(target: ProbeTarget, signal: AbortSignal): Promise<boolean> {
  return waitFor(signal, 'the server sent no SETTINGS', (resolve, reject) => {
    const { host, port } = target;
    const session = http2.connect(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`, optionsOf(target));
    session.on('error', reject);
    session.once('remoteSettings', (settings) => {
      resolve(settings.enableConnectProtocol === true);
      session.destroy();
    });
    session.once('close', () =>
      reject(new Error('the server closed the connection before it sent SETTINGS (RFC 9113 section 3.4)')),
    );
    return () => session.destroy();
  });
}

/**
 * Creates a promise that always settles within the time limit. `begin` starts the operation and returns a
 * function that cancels it.
 */
function waitFor<T>(
  signal: AbortSignal,
  late: string,
  begin: (resolve: (value: T) => void, reject: (reason: Error) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    };
    const giveUp = begin(
      (value) => {
        settle();
        resolve(value);
      },
      (reason) => {
        settle();
        reject(reason);
      },
    );
    const stop = () => {
      settle();
      reject(signal.reason);
      giveUp();
    };
    const timer = setTimeout(() => {
      settle();
      reject(new Error(late));
      giveUp();
    }, TIMEOUT_MS);
    signal.addEventListener('abort', stop);
  });
}
