import { once } from 'node:events';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenCarrier } from '../load/carriers/carrier.ts';
import { nodeTcp, nodeTls, SKIP_CERTIFICATE_CHECK } from '../load/carriers/node.ts';
import { leanConnector } from '../load/connections/lean-connection.ts';
import { FrameWriter } from '../load/wire/frame-writer.ts';
import { Payload } from '../load/wire/payload.ts';
import type { FailureKind } from '../model/failure.ts';
import type { Target } from '../model/target.ts';

const MESSAGE = { minBytes: 64, maxBytes: 64, type: 'text' } as const;
/** Time limit per step. The slowest is a cache lock, for which Nginx waits 5 s (proxy_cache_lock_timeout). */
const PATIENCE_MS = 8_000;

/** How a WebSocket ended. */
export interface Ending {
  kind: FailureKind;
  /** Time from `performance.now`. */
  atMs: number;
}

/** A WebSocket that has echoed its first message. */
export interface Socket {
  /** Address of the upstream server, as Nginx names it; null if unknown. */
  upstream: string | null;
  /** Sends another message without waiting for the echo. */
  send(): void;
  /** Returns how the WebSocket ended; null as long as it is open. */
  ending(): Ending | null;
  /** Never rejects. */
  ended: Promise<Ending>;
  /** Closes the WebSocket without resolving `ended`. */
  drop(): void;
}

/** The result of opening a WebSocket: either one that echoes, or the reason for the failure. */
export type Opening = { socket: Socket } | { socket: null; kind: FailureKind };

/**
 * Opens a WebSocket and waits for the echo of a first message.
 *
 * @param localAddress Source address; default: chosen by the system
 * @throws the signal's reason
 */
export async function openSocket(
  target: Target,
  signal: AbortSignal,
  localAddress?: string,
): Promise<Opening> {
  signal.throwIfAborted();
  const socket = connect(target, localAddress);
  const settled = new AbortController();
  const either = AbortSignal.any([signal, settled.signal]);
  const patience = sleep(PATIENCE_MS, null, { signal: either }).catch(() => null);
  const outcome = await Promise.race([socket.echoed, socket.ended, patience]);
  settled.abort();
  if (outcome === 'echoed') return { socket };
  socket.drop();
  signal.throwIfAborted();
  return { socket: null, kind: outcome === null ? 'echo-timeout' : outcome.kind };
}

/** Starts opening a WebSocket, and sends a message as soon as it is open. */
function connect(target: Target, localAddress: string | undefined): Socket & { echoed: Promise<'echoed'> } {
  const payload = new Payload(MESSAGE, 0);
  const context = { clock: () => performance.now() * 1e3, payload, target };
  const source = localAddress === undefined ? null : { localAddress, localPort: 0 };
  let sequence = 0;
  let upstream: string | null = null;
  let ending: Ending | null = null;
  let tellEcho = () => {};
  const echoed = new Promise<'echoed'>((tell) => {
    tellEcho = () => tell('echoed');
  });
  let tellEnd = (_ending: Ending) => {};
  const ended = new Promise<Ending>((tell) => {
    tellEnd = tell;
  });
  const open = leanConnector(context, new FrameWriter(payload, 1), carrierFor(target));
  const connection = open(0, source, target.ports[0] ?? 0, {
    opened(_times, facts) {
      upstream = facts.upstream;
      connection.send(sequence++, 1);
    },
    message: () => tellEcho(),
    batchEnd() {},
    pong() {},
    failed(_stage, kind) {
      ending = { kind, atMs: performance.now() };
      tellEnd(ending);
    },
    closed() {},
  });
  return {
    get upstream() {
      return upstream;
    },
    send: () => connection.send(sequence++, 1),
    ending: () => ending,
    ended,
    echoed,
    drop: () => connection.destroy(),
  };
}

function carrierFor({ host, tls }: Target): OpenCarrier {
  if (tls === null) return nodeTcp(host);
  return nodeTls(host, { servername: tls.servername, alpn: ['http/1.1'], ca: null, sessions: null });
}

/**
 * Returns the status of an ordinary GET, as sent by a browser or a monitor; null if Nginx closes the connection
 * without an answer.
 *
 * @throws the signal's reason
 */
export async function statusOf(target: Target, signal: AbortSignal): Promise<number | null> {
  const { host, ports, path, request, tls } = target;
  const headers = {
    ...(request === undefined ? {} : { host: request.host }),
    ...Object.fromEntries((request?.headers ?? []).map(({ name, value }) => [name, value])),
  };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const options = { host, port: ports[0], path, headers, agent: false, signal: limit };
  const asked = tls === null ? getHttp(options) : getHttps({ ...options, ...tls, ...SKIP_CERTIFICATE_CHECK });
  try {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return response.statusCode ?? null;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}
