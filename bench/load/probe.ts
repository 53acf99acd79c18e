import { once } from 'node:events';
import http2 from 'node:http2';
import tls from 'node:tls';
import type { Probe } from '../model/run.ts';

const TIMEOUT_MS = 5_000;
/**
 * Session tickets of TLS 1.3 arrive after the handshake (RFC 8446 section 4.6.1). This is how long to wait for one.
 */
const TICKET_MS = 500;

/** Without TLS there is nothing to negotiate. */
export const PLAIN_PROBE: Probe = {
  alpn: null,
  alpnOffered: null,
  extendedConnect: null,
  tlsProtocol: null,
  tlsCipher: null,
  tlsKeyType: null,
  tlsResumed: null,
};

/** A listener to be probed. */
export interface ProbeTarget {
  host: string;
  port: number;
  /** Certificate authority in PEM with which the certificate is checked. */
  ca: string;
  servername: string;
}

/**
 * Finds out what a TLS listener negotiates, on separate connections before the load. `alpn` stays null; it is set
 * to what the WebSockets themselves negotiate. Extended CONNECT is read from the SETTINGS on the wire (RFC 8441
 * section 3), never inferred from a version.
 *
 * @throws the signal's reason if it stops the probe; Error that says what the listener failed to do
 */
export async function probeTls(target: ProbeTarget, signal: AbortSignal): Promise<Probe> {
  const offer = { ...target, ALPNProtocols: ['h2', 'http/1.1'] };
  const first = await secured(offer, signal);
  const alpnOffered = first.socket.alpnProtocol || null;
  const facts = {
    tlsProtocol: first.socket.getProtocol(),
    tlsCipher: first.socket.getCipher().name,
    tlsKeyType: first.socket.getPeerX509Certificate()?.publicKey.asymmetricKeyType ?? null,
  };
  const session = await ticketOf(first, signal);
  first.socket.destroy();
  let tlsResumed = false;
  if (session !== null) {
    const { socket } = await secured({ ...offer, session }, signal);
    tlsResumed = socket.isSessionReused();
    socket.destroy();
  }
  const extendedConnect = alpnOffered === 'h2' ? await advertisesConnect(target, signal) : null;
  return { alpn: null, alpnOffered, extendedConnect, ...facts, tlsResumed };
}

/** A TLS connection and the first session ticket received on it. With TLS 1.2, that is part of the handshake. */
interface Secured {
  socket: tls.TLSSocket;
  ticket: Buffer | null;
}

/** If the listener closes during the handshake, the socket reports an error. */
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

/** Null if none arrives in time, or before the connection ends. */
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

function advertisesConnect(
  { host, port, ca, servername }: ProbeTarget,
  signal: AbortSignal,
): Promise<boolean> {
  return waitFor(signal, 'no SETTINGS from the server', (resolve, reject) => {
    const session = http2.connect(`https://${host}:${port}`, { ca, servername });
    session.on('error', reject);
    session.once('remoteSettings', (settings) => {
      resolve(settings.enableConnectProtocol === true);
      session.destroy();
    });
    session.once('close', () => reject(new Error('closed before its SETTINGS (RFC 9113 section 3.4)')));
    return () => session.destroy();
  });
}

/** A promise that always settles in time. `begin` returns a function that gives up. */
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
