import { dirname, isAbsolute, relative } from 'node:path';
import type { Notice } from '../model/notice.ts';
import { printable } from '../model/printable.ts';
import { type Directive, type Node, type Origin, texts } from './tree.ts';

/**
 * The ways in which the sandbox changes the meaning of a configuration, in the order of the notices. The
 * ordinary moves (`listen` ports, upstream servers, certificate, logs, pid) are not among them.
 */
const CHANGES = {
  'upstream-tls': {
    level: 'warning',
    text: 'Nginx connects to its upstream without TLS here, because the servers that the WebSockets go to speak without',
  },
  'upstream-tls-added': {
    level: 'info',
    text: 'Nginx connects to its upstream with TLS here, because the servers that the WebSockets go to speak TLS',
  },
  'upstream-certificate': {
    level: 'info',
    text: 'Left out of the run, because the echo servers have a certificate of the run and ask Nginx for none',
  },
  'upstream-handshake': {
    level: 'info',
    text: 'Left out of the run, because the echo servers speak TLS 1.2 and 1.3, with an ECDSA key',
  },
  udp: { level: 'warning', text: 'Nginx listens on TCP in place of UDP' },
  quic: { level: 'info', text: 'HTTP/3 is left out, because the load comes over TCP' },
  'proxy-protocol': {
    level: 'info',
    text: 'The PROXY protocol is left out, because load generator and echo servers do not speak it',
  },
  'variable-upstream': {
    level: 'info',
    text: 'Requests go to the echo servers, whatever the variables in the address say',
  },
  'stream-pass': {
    level: 'info',
    text: 'Connections go to the echo servers in place of another listener of the same Nginx',
  },
  'no-backend': {
    level: 'info',
    text: 'Answered with 502, because the echo servers speak only HTTP',
  },
  'name-server': { level: 'info', text: 'Left out of the run, because Nginx must not ask a name server' },
  'source-address': {
    level: 'info',
    text: 'Left out of the run, because connections to the echo servers come from a loopback address',
  },
  'client-address': {
    level: 'info',
    text: 'Left out of the run, because all clients have loopback addresses',
  },
  'upstream-address': {
    level: 'info',
    text: 'Left out of the run, because all upstream servers have loopback addresses',
  },
  ocsp: {
    level: 'info',
    text: 'Left out of the run, because Nginx must not ask a certificate authority (a TLS handshake is smaller without its answer)',
  },
  'other-hosts': {
    level: 'info',
    text: 'Left out of the run or redirected, because it makes Nginx connect to other hosts',
  },
  syslog: { level: 'info', text: 'Written to a file, because it would go to a log server' },
  'other-blocks': { level: 'info', text: 'Left out of the run, because only http and stream are measured' },
  files: {
    level: 'info',
    text: 'Left out of the run, because Nginx must write only into its private folder',
  },
  certificates: { level: 'info', text: 'One certificate takes the place of several' },
  'own-certificate': {
    level: 'info',
    text: 'Listens with TLS but has no certificate: given that of the run',
  },
  'http2-cleartext': {
    level: 'info',
    text: 'HTTP/2 without TLS is left out, because before 1.25.1 such a listener takes nothing else',
  },
  guards: {
    level: 'warning',
    text: 'Left out of the run, because it would shut the load out or slow it down (--keep-guards keeps it)',
  },
  'wrapped-http': { level: 'info', text: 'A part of a configuration, read as if it stood in http' },
  'wrapped-server': { level: 'info', text: 'A part of a configuration, read as if it stood in a server' },
  'wrapped-stream': { level: 'info', text: 'A part of a configuration, read as if it stood in stream' },
  'upgrade-map': {
    level: 'info',
    text: 'Uses $connection_upgrade, for which the usual map was added, because none is beside this part of a configuration',
  },
  'no-files': { level: 'info', text: 'Includes nothing, because no file matches' },
  'well-known-files': {
    level: 'info',
    text: 'Left out of the run, because this file is not beside the configuration, and nothing in it matters to a WebSocket',
  },
  'moved-files': {
    level: 'info',
    text: 'Read from below the folder of the configuration (--conf-root names another)',
  },
  'missing-files': {
    level: 'warning',
    text: 'Left out of the run, because its file cannot be read here (--conf-root tells where its folder lies)',
  },
  'outside-files': {
    level: 'warning',
    text: 'Left out of the run, because it names a file outside the folder of the configuration, or one that the bench cannot tell (--conf-root adds a folder)',
  },
  'static-files': {
    level: 'info',
    text: 'Serves no files here, because its folder is not in that of the configuration (--conf-root adds one), or a path with variables or ".." could lead out of it',
  },
  code: {
    level: 'warning',
    text: 'Left out of the run, because it can load or run code that does not belong to this Nginx',
  },
  template: { level: 'info', text: 'Filled in from the environment or --env-file' },
  'other-modules': {
    level: 'warning',
    text: 'Left out of the run, because this Nginx does not know it: a module or a newer version has it (--nginx names another binary)',
  },
  'this-system': {
    level: 'warning',
    text: 'Left out of the run, because this Nginx or its TLS library cannot do it (--nginx names another binary)',
  },
} as const satisfies Record<string, Pick<Notice, 'level' | 'text'>>;

export type Change = keyof typeof CHANGES;

/**
 * Is called for each directive that is changed, with the directive as it was; for `template` with the variable, and
 * with what of its value is secret as its arguments.
 */
export type OnChange = (change: Change, node: Directive) => void;

/** So many places of one directive are listed; the others are only counted. */
const PLACES = 8;

/** Collects what is changed on the way of a configuration into the sandbox. */
export interface Changes {
  note: OnChange;
  /** @param tree The configuration as it was read */
  notices(tree: readonly Node[]): Notice[];
  /** Values that were filled in for variables of a template, and are to be shown nowhere. */
  secrets(): string[];
}

export function collectChanges(): Changes {
  const changed = new Map<Change, Directive[]>();
  return {
    note: (change, node) => changed.set(change, [...(changed.get(change) ?? []), node]),
    notices: (tree) => noticesOf(changed, tree),
    secrets: () => (changed.get('template') ?? []).flatMap(texts),
  };
}

/**
 * Writes one notice for each kind of change, with the directives, their files and lines. Its code is
 * `sandbox-` and the name of the change.
 *
 * @param tree The configuration as it was read; files are named relative to their common folder.
 */
function noticesOf(changed: ReadonlyMap<Change, readonly Directive[]>, tree: readonly Node[]): Notice[] {
  // What has no path, such as a tuning, is named as it is.
  const shared = sharedFolder([...new Set(filesOf(tree))].filter(isAbsolute));
  return (Object.keys(CHANGES) as Change[]).flatMap((change) => {
    const nodes = changed.get(change);
    if (nodes === undefined) return [];
    const names = [...new Set(nodes.map(({ name }) => name))];
    const list = names.map((name) => {
      const origins = nodes.flatMap((node) =>
        node.name === name && node.origin !== null ? [node.origin] : [],
      );
      return printable(`${name}${placesOf(origins, shared)}`);
    });
    const { level, text } = CHANGES[change];
    return [{ level, code: `sandbox-${change}`, text: `${text}: ${list.join(', ')}.` }];
  });
}

/** The places in brackets, as in ` (nginx.conf:3, conf.d/app.conf:7)`; empty if there are none. */
function placesOf(origins: readonly Origin[], shared: string): string {
  const places = origins
    .toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1))
    .map(({ file, line }) => `${isAbsolute(file) && shared !== '/' ? relative(shared, file) : file}:${line}`);
  if (places.length === 0) return '';
  const more = places.length > PLACES ? ` and ${places.length - PLACES} more` : '';
  return ` (${places.slice(0, PLACES).join(', ')}${more})`;
}

function filesOf(nodes: readonly Node[]): string[] {
  return nodes.flatMap((node) => [
    ...(node.origin === null ? [] : [node.origin.file]),
    ...(node.kind === 'directive' && node.block !== null ? filesOf(node.block) : []),
  ]);
}

/** The innermost folder that holds all the files. */
function sharedFolder(files: readonly string[]): string {
  const [first = '', ...others] = files.map(dirname);
  return others.reduce((shared, folder) => {
    let parent = shared;
    while (parent !== '/' && folder !== parent && !folder.startsWith(`${parent}/`)) parent = dirname(parent);
    return parent;
  }, first);
}
