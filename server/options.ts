import { parseArgs } from 'node:util';

export const KINDS = ['ws', 'lean'] as const;
export const CARRIERS = ['sockets', 'io_uring'] as const;
export const REPLIES = ['echo', 'you-said', 'rooms'] as const;

export interface ServerOptions {
  /** 0 lets the system choose a free port. */
  port: number;
  host: string;
  /** Path of an additional Unix-domain socket to listen on; null if none. */
  socket: string | null;
  /** Paths of a certificate and its key, in PEM, for TLS on both port and socket; null disables TLS. */
  tls: { certPath: string; keyPath: string } | null;
  /**
   * `ws`: the reference server, based on the ws library. `lean`: echoes with as little work as the engine
   * allows.
   */
  kind: (typeof KINDS)[number];
  /**
   * Carrier of the lean server's connections on Bun that do not use TLS. All other connections use the
   * engine's sockets.
   */
  carrier: (typeof CARRIERS)[number];
  /**
   * `you-said` sends each message back, prefixed with `You said: `. `rooms` sends a publication to all
   * members of its sender's room (wire/publication.ts), and sends any other message back.
   */
  reply: (typeof REPLIES)[number];
  /** Whether to log connects, messages and disconnects on stdout. */
  log: boolean;
  /** Delay between the arrival of a message and its reply. */
  delayMs: number;
  /** Additional CPU time consumed for every message. */
  burnUs: number;
  /** Interval between pings, sent to all open WebSockets at once; 0 disables pings. */
  pingMs: number;
  /**
   * Number of messages after which a WebSocket is closed with code 1000; null leaves closing to the client.
   */
  closeAfter: number | null;
  /**
   * Maximum message size. A connection that receives a larger message is closed with code 1009 (RFC 6455
   * section 7.4.1).
   */
  maxPayloadBytes: number;
  /** Maximum number of connections waiting to be accepted; the kernel caps it at net.core.somaxconn. */
  backlog: number;
}

/** A command-line error, described in a sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const HELP = `A WebSocket echo server. Defaults are in parentheses.

  --port N          port to listen on; 0: any free one (8080)
  --host ADDRESS    address to listen on (127.0.0.1)
  --socket PATH     Unix-domain socket to listen on as well
  --cert PATH       certificate in PEM, for TLS with the key of --key
  --key PATH        its private key
  --kind KIND       ws: the ws library; lean: the least work per message (ws)
  --carrier CARRIER sockets or io_uring: how the lean server on Bun serves connections without TLS (sockets)
  --reply REPLY     echo: the message itself; you-said: "You said: " and the message;
                    rooms: publications to all members of a room (echo)
  --log             log connects, messages and disconnects
  --delay MS        answer this many milliseconds after a message arrives (0)
  --burn US         use this many microseconds of CPU time per message (0)
  --ping MS         ping every WebSocket this often, in milliseconds; 0: never (0)
  --close-after N   close every WebSocket after N messages; 0: as soon as it is open (never)
  --max-payload N   largest message in bytes (16777216)
  --backlog N       connections that may wait to be accepted (4096)
  --help            show this text

It also answers GET /health (ok) and GET /page (a small page that caches may store).
`;

const OPTIONS = {
  port: { type: 'string', default: '8080' },
  host: { type: 'string', default: '127.0.0.1' },
  socket: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  kind: { type: 'string', default: 'ws' },
  carrier: { type: 'string', default: 'sockets' },
  reply: { type: 'string', default: 'echo' },
  log: { type: 'boolean', default: false },
  delay: { type: 'string', default: '0' },
  burn: { type: 'string', default: '0' },
  ping: { type: 'string', default: '0' },
  'close-after': { type: 'string' },
  'max-payload': { type: 'string', default: '16777216' },
  backlog: { type: 'string', default: '4096' },
  help: { type: 'boolean', default: false },
} as const;

/**
 * @returns `help` if help was requested
 * @throws {UsageError}
 */
export function parseOptions(argv: readonly string[]): ServerOptions | 'help' {
  check(argv);
  const { values } = parseArgs({ args: [...argv], options: OPTIONS });
  if (values.help) return 'help';
  return {
    port: wholeNumber('port', values.port, 65_535),
    host: values.host,
    socket: values.socket ?? null,
    tls: tlsOf(values.cert, values.key),
    kind: oneOf('kind', values.kind, KINDS),
    carrier: oneOf('carrier', values.carrier, CARRIERS),
    reply: oneOf('reply', values.reply, REPLIES),
    log: values.log,
    delayMs: wholeNumber('delay', values.delay, 600_000),
    burnUs: wholeNumber('burn', values.burn, 10_000_000),
    pingMs: wholeNumber('ping', values.ping, 86_400_000),
    closeAfter:
      values['close-after'] === undefined
        ? null
        : wholeNumber('close-after', values['close-after'], 1_000_000_000),
    maxPayloadBytes: wholeNumber('max-payload', values['max-payload'], 2 ** 30),
    backlog: wholeNumber('backlog', values.backlog, 2 ** 31 - 1),
  };
}

/**
 * Reports the errors that parseArgs would report in strict mode, but with messages for users rather than
 * programmers.
 */
function check(argv: readonly string[]): void {
  const { tokens } = parseArgs({ args: [...argv], options: OPTIONS, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`Unexpected argument ${token.value}. See --help.`);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(OPTIONS, token.name) ? OPTIONS[token.name as keyof typeof OPTIONS] : null;
    if (option === null) throw new UsageError(`Unknown option ${token.rawName}.${hint(token.name)}`);
    if (option.type === 'string' && (token.value === undefined || token.value.startsWith('--'))) {
      throw new UsageError(`${token.rawName} needs a value. See --help.`);
    }
    if (option.type === 'boolean' && token.value !== undefined) {
      throw new UsageError(`${token.rawName} takes no value.`);
    }
  }
}

function tlsOf(certPath: string | undefined, keyPath: string | undefined): ServerOptions['tls'] {
  if (certPath === undefined && keyPath === undefined) return null;
  if (certPath !== undefined && keyPath !== undefined) return { certPath, keyPath };
  throw new UsageError('--cert and --key belong together. Give both, or neither.');
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= max) return value;
  throw new UsageError(`--${name} "${text}" must be a whole number from 0 to ${max}.`);
}

function oneOf<T extends string>(name: string, text: string, values: readonly T[]): T {
  const value = values.find((candidate) => candidate === text);
  if (value !== undefined) return value;
  const expected = `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
  throw new UsageError(`--${name} "${text}" must be ${expected}.`);
}

function hint(name: string): string {
  const [nearest] = Object.keys(OPTIONS)
    .map((option) => ({ option, distance: editDistance(name, option) }))
    .filter(({ distance }) => distance <= 2)
    .sort((a, b) => a.distance - b.distance);
  return nearest === undefined ? ' See --help.' : ` Did you mean --${nearest.option}?`;
}

/**
 * Levenshtein distance: the number of insertions, deletions and replacements that turn one word into the
 * other.
 */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replaced = (row[j] as number) + (to[j] === letter ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
