import { createRequire } from 'node:module';
import { Problem } from '../model/failure.ts';
import type { Payload } from '../model/load.ts';
import { printable } from '../model/printable.ts';
import { reasonOf } from '../model/system-error.ts';
import type { Target } from '../model/target.ts';
import { SKIP_CERTIFICATE_CHECK } from './carriers/node.ts';

// Loaded with require, because an import would be slower, as explained in `server/ws-server.ts`.
const { WebSocket }: typeof import('ws') = createRequire(import.meta.url)('ws');

const TIMEOUT_MS = 5000;
/** Maximum size of the probe message in bytes; this is enough to see whether the server echoes. */
const MOST_BYTES = 1024;
const SHOWN = 60;
const WORDS = 'Does this server echo? ';

type Message = { data: Buffer; isBinary: boolean };

/**
 * Sends one message to the user's own server, and checks that it comes back unchanged.
 *
 * @param payload size and type of the load's messages
 * @throws Problem('environment') that states what was expected and what arrived; the signal's reason if
 *   aborted
 */
export async function probeEcho(target: Target, payload: Payload, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const sent = messageOf(payload);
  const came = await answerTo(sent, target, signal);
  signal.throwIfAborted();
  if (typeof came !== 'string' && came.isBinary === sent.isBinary && came.data.equals(sent.data)) return;
  const what = typeof came === 'string' ? came : `received ${shown(came)}`;
  throw new Problem(
    'environment',
    `The server behind --backend does not echo: ${shown(sent)}, sent to ${printable(target.path.replace(/\?.*/s, '?…'))}, should come back unchanged, but the benchmark ${what}. Make the server return each message unchanged, and nothing else.`,
  );
}

function messageOf({ minBytes, type }: Payload): Message {
  const bytes = Math.min(minBytes, MOST_BYTES);
  const data = Buffer.from(WORDS.repeat(Math.ceil(bytes / WORDS.length)).slice(0, bytes));
  return { data, isBinary: type === 'binary' };
}

/** Returns the first message from the server, or a phrase that describes what happened instead. */
function answerTo(
  { data, isBinary }: Message,
  target: Target,
  signal: AbortSignal,
): Promise<Message | string> {
  const scheme = target.tls === null ? 'ws' : 'wss';
  const { request, tls } = target;
  const socket = new WebSocket(`${scheme}://${target.host}:${target.ports[0]}${target.path}`, {
    perMessageDeflate: false,
    handshakeTimeout: TIMEOUT_MS,
    ...(tls === null ? {} : { servername: tls.servername, ...SKIP_CERTIFICATE_CHECK }),
    ...(request === undefined
      ? {}
      : {
          headers: {
            Host: request.host,
            ...Object.fromEntries(request.headers.map(({ name, value }) => [name, value])),
          },
        }),
  });
  return new Promise<Message | string>((resolve) => {
    const late = setTimeout(() => resolve(`received nothing within ${TIMEOUT_MS / 1000} s`), TIMEOUT_MS);
    signal.addEventListener('abort', () => resolve('stopped'), { once: true });
    socket.once('open', () => socket.send(data, { binary: isBinary }));
    socket.once('message', (data: Buffer, isBinary: boolean) => resolve({ data, isBinary }));
    socket.once('unexpected-response', (_request, { statusCode }) =>
      resolve(`received HTTP status ${statusCode} instead of a WebSocket connection`),
    );
    socket.on('error', (error) => resolve(`could not connect: ${reasonOf(error)}`));
    socket.once('close', (code) => resolve(`saw its connection close with code ${code}`));
    socket.once('close', () => clearTimeout(late));
  }).finally(() => socket.terminate());
}

function shown({ data, isBinary }: Message): string {
  const size = `${data.length} ${data.length === 1 ? 'byte' : 'bytes'}`;
  if (isBinary) return `a binary message of ${size}`;
  const text = printable(data.toString());
  return `the text "${text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}" (${size})`;
}
