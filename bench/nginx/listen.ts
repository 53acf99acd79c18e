import type { OnChange } from './notices.ts';
import {
  type Directive,
  directive,
  directives,
  firstText,
  type Node,
  texts,
  type Word,
  word,
} from './tree.ts';
import { atLeast } from './version.ts';

/** A TCP socket that Nginx listens on in the sandbox. */
export interface Listener {
  host: string;
  port: number;
  tls: boolean;
  /** Whether HTTP/2 is enabled (with TLS, whether ALPN offers it). */
  http2: boolean;
}

export interface ListenSpec {
  host: string;
  /** One port for each address in {@link listenAddresses}. */
  ports: readonly number[];
  backlog: number;
  /**
   * Whether to add `reuseport`: each worker then has its own socket, and the kernel distributes connections
   * by hash.
   */
  reuseport: boolean;
  nginxVersion: string;
  /**
   * The server with the WebSocket location. It becomes the default server of its sockets, so that it handles
   * requests with any Host header.
   */
  main: Directive | null;
  /** Addresses that keep the PROXY protocol; by default, none does. */
  proxyProtocol?: readonly string[];
  /** Whether to keep a listener unchanged if it accepts only HTTP/2, and therefore no WebSocket. */
  keepHttp2Alone?: boolean;
}

/**
 * Parameters that belong to the socket rather than the server. Nginx accepts them only once for each address.
 */
const SOCKET_OPTION =
  /^(default_server|default|reuseport|deferred|bind|(backlog|rcvbuf|sndbuf|fastopen|so_keepalive|setfib|accept_filter)=.*)$/;
/** Parameters that are meaningless on a loopback TCP socket, or that would lock out the load generator. */
const DROPPED = /^(proxy_protocol|quic|udp|ipv6only=.*)$/;
/** Version from which HTTP/2 is a directive of the server instead of a parameter of `listen`. */
const HTTP2_DIRECTIVE_SINCE = '1.25.1';

/** A `listen` directive with its address normalised: equal addresses mean the same socket. */
interface Listen {
  node: Directive;
  address: string;
  parameters: readonly Word[];
}

/**
 * The distinct addresses that a configuration listens on, in file order, with the stream addresses last. The
 * IPv4 and IPv6 wildcards of a port count as one address.
 */
export function listenAddresses(tree: readonly Node[]): string[] {
  return [...new Set(servers(tree).flatMap((server) => listens(server).map((listen) => listen.address)))];
}

/** The distinct addresses that one http or stream server listens on. */
export function addressesOf(server: Directive): string[] {
  return [...new Set(listens(server).map(({ address }) => address))];
}

/** The `listen` directives for one address, from all servers. */
export function listensOn(tree: readonly Node[], address: string): Directive[] {
  return servers(tree)
    .flatMap(listens)
    .flatMap((listen) => (listen.address === address ? [listen.node] : []));
}

/** Whether a server is the default server (the one that handles unknown names) on any of its addresses. */
export function isDefaultServer(tree: readonly Node[], server: Directive): boolean {
  return addressesOf(server).some((address) => defaultServer(servers(tree), address) === server);
}

/** The server that handles unknown names on an address; undefined if none listens on it. */
export function defaultServerAt(tree: readonly Node[], address: string): Directive | undefined {
  return defaultServer(servers(tree), address);
}

/** The server marked as default for an address; if none is marked, the first one (ngx_http_add_server). */
function defaultServer(all: readonly Directive[], address: string): Directive | undefined {
  const there = all.filter((server) => addressesOf(server).includes(address));
  const marked = there.find((server) =>
    listens(server).some((listen) => listen.address === address && listen.parameters.some(isDefault)),
  );
  return marked ?? there[0];
}

function isDefault({ text }: Word): boolean {
  return text === 'default_server' || text === 'default';
}

/**
 * Moves every `listen` to a port on `host`, preserves its parameters, and sets the backlog once for each
 * socket. HTTP/2 is enabled with the syntax that this Nginx version expects.
 *
 * @returns the tree and its listeners: the main server's listeners first, TLS listeners before plain ones
 */
export function moveListens(
  tree: readonly Node[],
  spec: ListenSpec,
  onChange: OnChange,
): { tree: Node[]; listeners: Listener[] } {
  for (const server of servers(tree)) reportDropped(server, spec, onChange);
  const sockets = collectSockets(tree, spec);
  dropCleartextHttp2(tree, sockets, spec, onChange);
  const moved = new Map(servers(tree).map((server) => [server, moveServer(server, sockets, spec)]));
  const rank = (socket: Socket) => (socket.owner === spec.main ? 0 : 2) + (socket.tls ? 0 : 1);
  const listeners = [...sockets.values()]
    .sort((a, b) => rank(a) - rank(b))
    .map(({ port, tls, http2 }) => ({ host: spec.host, port, tls, http2 }));
  return { tree: replaceServers(tree, moved, spec.nginxVersion), listeners };
}

/**
 * Whether a listener accepts only HTTP/2, and therefore no WebSocket. Before Nginx 1.25.1, a listener for
 * HTTP/2 without TLS does not accept HTTP/1.1.
 */
function takesHttp2Alone({ parameters }: Listen, tls: boolean, nginxVersion: string): boolean {
  return !tls && has(parameters, 'http2') && !atLeast(nginxVersion, HTTP2_DIRECTIVE_SINCE);
}

function dropCleartextHttp2(
  tree: readonly Node[],
  sockets: ReadonlyMap<string, Socket>,
  { nginxVersion, keepHttp2Alone = false }: ListenSpec,
  onChange: OnChange,
): void {
  if (keepHttp2Alone) return;
  for (const listen of servers(tree).flatMap(listens)) {
    const socket = sockets.get(listen.address);
    if (socket === undefined || !takesHttp2Alone(listen, socket.tls, nginxVersion)) continue;
    socket.http2 = false;
    onChange('http2-cleartext', listen.node);
  }
}

function reportDropped(
  server: Directive,
  { proxyProtocol = [] }: Pick<ListenSpec, 'proxyProtocol'>,
  onChange: OnChange,
): void {
  for (const node of directives(server.block, 'listen')) {
    const parameters = texts(node);
    if (parameters.includes('quic')) onChange('quic', node);
    if (parameters.includes('udp')) onChange('udp', node);
    const isKept = proxyProtocol.includes(readListen(node).address);
    if (parameters.includes('proxy_protocol') && !isKept) onChange('proxy-protocol', node);
  }
}

/** A listening socket, with the combined parameters of all servers that listen on it. */
interface Socket {
  port: number;
  /**
   * The server whose `listen` gets the socket's parameters: the main server if it uses the socket, otherwise
   * the default server.
   */
  owner: Directive;
  options: readonly Word[];
  shared: boolean;
  tls: boolean;
  http2: boolean;
  proxyProtocol: boolean;
}

function collectSockets(
  tree: readonly Node[],
  { ports, main, proxyProtocol = [] }: ListenSpec,
): Map<string, Socket> {
  const addresses = listenAddresses(tree);
  const http2Inherited = isOn(directives(tree, 'http')[0]?.block);
  const sockets = new Map<string, Socket>();
  const all = servers(tree);
  for (const server of all) {
    const http2 = http2Of(server, http2Inherited);
    for (const { node, address, parameters } of listens(server)) {
      const port = ports[addresses.indexOf(address)];
      if (port === undefined)
        throw new RangeError(`${addresses.length} ports are needed, one for each address`);
      const isMains = main !== null && addressesOf(main).includes(address);
      const known = sockets.get(address) ?? {
        owner: (isMains ? main : defaultServer(all, address)) ?? server,
        options: [],
        tls: false,
        http2: false,
        shared: false,
        proxyProtocol: false,
      };
      const isAsked = proxyProtocol.includes(address) && texts(node).includes('proxy_protocol');
      const tls = has(parameters, 'ssl');
      sockets.set(address, {
        port,
        owner: known.owner,
        options: mergeWords(known.options, parameters.filter(isSocketOption)),
        shared: known.shared || known.owner !== server,
        tls: known.tls || tls,
        http2: known.http2 || has(parameters, 'http2') || (http2 && tls),
        proxyProtocol: known.proxyProtocol || isAsked,
      });
    }
  }
  return sockets;
}

/** Replaces the `listen` directives of a server, inserting the new ones at the position of the first. */
function moveServer(server: Directive, sockets: ReadonlyMap<string, Socket>, spec: ListenSpec): Directive {
  const block = server.block ?? [];
  const newer = atLeast(spec.nginxVersion, HTTP2_DIRECTIVE_SINCE);
  const fresh = merged(listens(server)).map(({ node, address, parameters }): Directive => {
    const socket = sockets.get(address);
    if (socket === undefined) return node;
    const own = parameters.filter((each) => !isSocketOption(each) && each.text !== 'http2');
    const http2 = socket.http2 && !newer ? [word('http2')] : [];
    const options = socket.owner === server ? ownersOptions(socket, spec) : [];
    const proxied = socket.proxyProtocol ? [word('proxy_protocol')] : [];
    return { ...node, args: [word(`${spec.host}:${socket.port}`), ...own, ...http2, ...proxied, ...options] };
  });
  const isOld = (node: Node) => node.kind === 'directive' && node.name === 'listen';
  const kept = block.filter((node) => !isOld(node));
  const asParameter = listens(server).some(({ parameters }) => has(parameters, 'http2'));
  const added =
    newer && asParameter && directives(block, 'http2').length === 0 ? [directive('http2', ['on'])] : [];
  return { ...server, block: kept.toSpliced(Math.max(0, block.findIndex(isOld)), 0, ...fresh, ...added) };
}

/** All `server` blocks: first from http, then from stream. */
function servers(tree: readonly Node[]): Directive[] {
  const { http, stream } = serversIn(tree);
  return [...http, ...stream];
}

/** The `server` blocks of http and of stream. */
export function serversIn(tree: readonly Node[]): { http: Directive[]; stream: Directive[] } {
  const [http = [], stream = []] = ['http', 'stream'].map((name) =>
    directives(tree, name).flatMap((context) => directives(context.block, 'server')),
  );
  return { http, stream };
}

function replaceServers(tree: readonly Node[], moved: ReadonlyMap<Node, Directive>, version: string): Node[] {
  const supported = (node: Node) =>
    node.kind === 'comment' || node.name !== 'http2' || atLeast(version, HTTP2_DIRECTIVE_SINCE);
  const inContext = (node: Node): Node => {
    const server = moved.get(node);
    return server === undefined ? node : { ...server, block: (server.block ?? []).filter(supported) };
  };
  return tree.map((node) =>
    node.kind === 'directive' && node.block !== null && (node.name === 'http' || node.name === 'stream')
      ? { ...node, block: node.block.filter(supported).map(inContext) }
      : node,
  );
}

/**
 * The addresses that a server listens on. A server without `listen` listens on port 80 of every address. A
 * server that only uses QUIC gets TLS over TCP instead.
 */
function listens(server: Directive): Listen[] {
  const written = directives(server.block, 'listen');
  const tcp = written.filter((node) => !texts(node).includes('quic'));
  if (tcp.length > 0) return tcp.map(readListen);
  const quic = written[0];
  if (quic === undefined) return [readListen(directive('listen', ['80']))];
  return [readListen({ ...quic, args: [...quic.args, word('ssl')] })];
}

function readListen(node: Directive): Listen {
  return {
    node,
    address: normalAddress(firstText(node)),
    parameters: node.args.slice(1).filter(({ text }) => !DROPPED.test(text)),
  };
}

function normalAddress(text: string): string {
  if (text.startsWith('unix:')) return text;
  if (/^[\d-]+$/.test(text)) return `*:${text}`;
  const [, host = text, port = '80'] = /^(\[[^\]]*\]|[^:]*)(?::([\d-]+))?$/.exec(text) ?? [];
  return `${['[::]', '0.0.0.0', ''].includes(host) ? '*' : host}:${port}`;
}

/** Merges the `listen` directives of one socket: `listen 80; listen [::]:80;` become one. */
function merged(all: readonly Listen[]): Listen[] {
  const byAddress = new Map<string, Listen>();
  for (const listen of all) {
    const known = byAddress.get(listen.address);
    byAddress.set(
      listen.address,
      known === undefined
        ? listen
        : { ...known, parameters: mergeWords(known.parameters, listen.parameters) },
    );
  }
  return [...byAddress.values()];
}

function mergeWords(words: readonly Word[], more: readonly Word[]): Word[] {
  const nameOf = ({ text }: Word) => text.split('=')[0];
  const known = new Set(words.map(nameOf));
  return [...words, ...more.filter((each) => !known.has(nameOf(each)))];
}

function isSocketOption({ text }: Word): boolean {
  return SOCKET_OPTION.test(text);
}

function has(words: readonly Word[], text: string): boolean {
  return words.some((each) => each.text === text);
}

function ownersOptions({ options, shared }: Socket, { backlog, reuseport }: ListenSpec): Word[] {
  const kept = options.filter((each) => !isDefault(each));
  const added = reuseport && !has(kept, 'reuseport') ? [word('reuseport')] : [];
  const isWritten = kept.some(({ text }) => text.startsWith('backlog='));
  return [
    ...(shared ? [word('default_server')] : []),
    ...(isWritten ? [] : [word(`backlog=${backlog}`)]),
    ...kept,
    ...added,
  ];
}

function isOn(block: Directive['block'] | undefined): boolean {
  return directives(block, 'http2')[0]?.args[0]?.text === 'on';
}

function http2Of({ block }: Directive, inherited: boolean): boolean {
  return directives(block, 'http2').length > 0 ? isOn(block) : inherited;
}
