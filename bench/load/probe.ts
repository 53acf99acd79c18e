import http2 from 'node:http2';
import tls from 'node:tls';
import type { Probe } from '../model/run.ts';

const TIMEOUT_MS = 5_000;
/** Session tickets of TLS 1.3 come after the handshake (RFC 8446 section 4.6.1): this long is waited for one. */
const TICKET_MS = 500;

/** Without TLS there is nothing to negotiate. */
export const PLAIN_PROBE: Probe = {
  alpn: null,
  alpnOffered: null,
  extendedConnect: null,
  tlsProtocol: null,
  tlsCipher: null,
  tlsResumed: null,
};

/**
 * Finds out what a TLS listener negotiates, on connections of its own before the load. `alpn` stays null:
 * that is what the WebSockets themselves will have negotiated. Extended CONNECT is read from the SETTINGS
 * on the wire (RFC 8441 section 3), never guessed from a version.
 */
export async function probeTls(host: string, port: number, ca: string, servername: string): Promise<Probe> {
  const options = { host, port, ca, servername, ALPNProtocols: ['h2', 'http/1.1'] };
  const first = await secured(options);
  const { socket, session } = first;
  const alpnOffered = socket.alpnProtocol || null;
  const facts = { tlsProtocol: socket.getProtocol(), tlsCipher: socket.getCipher().name };
  const ticket = await session;
  socket.destroy();
  let tlsResumed = false;
  if (ticket !== null) {
    const second = await secured({ ...options, session: ticket });
    tlsResumed = second.socket.isSessionReused();
    second.socket.destroy();
  }
  const extendedConnect = alpnOffered === 'h2' ? await advertisesConnect(host, port, ca, servername) : null;
  return { alpn: null, alpnOffered, extendedConnect, ...facts, tlsResumed };
}

function secured(
  options: tls.ConnectionOptions,
): Promise<{ socket: tls.TLSSocket; session: Promise<Buffer | null> }> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect(options);
    const session = new Promise<Buffer | null>((got) => {
      socket.once('session', got);
      socket.once('close', () => got(null));
      socket.once('secureConnect', () => setTimeout(() => got(null), TICKET_MS).unref());
    });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer to the TLS handshake')));
    socket.once('error', reject);
    socket.once('secureConnect', () => resolve({ socket, session }));
    // A ticket is only read off a socket that is read.
    socket.resume();
  });
}

function advertisesConnect(host: string, port: number, ca: string, servername: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`https://${host}:${port}`, { ca, servername });
    session.setTimeout(TIMEOUT_MS, () => session.destroy(new Error('no SETTINGS from the server')));
    session.once('error', reject);
    session.once('remoteSettings', (settings) => {
      resolve(settings.enableConnectProtocol === true);
      session.destroy();
    });
  });
}
