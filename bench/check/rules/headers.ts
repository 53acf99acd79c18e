import { addressesOf } from '../../nginx/listen.ts';
import { inherited } from '../../nginx/located.ts';
import { type Directive, directives, type Node, place, texts } from '../../nginx/tree.ts';
import { finding } from '../../wording/finding.ts';
import { type Candidate, locationOf } from '../candidate.ts';
import type { LintFinding, Severity } from '../finding.ts';
import type { Trace } from '../observation.ts';
import { blockFor, isSound, type Rule } from '../subject.ts';
import { candidatesBehind, innermost } from './innermost.ts';

type Headers = Trace['sent']['headers'];

/** Returns the value of a header; several values are joined as specified in RFC 9110 section 5.3. */
export function headerOf(headers: Headers, name: string): string | null {
  const values = headers.filter((each) => each.name === name).map(({ value }) => value);
  return values.length === 0 ? null : values.join(', ');
}

/** The `proxy_set_header` that applies to a header. */
export function setterOf(levels: readonly Directive[], name: string): Directive | null {
  return inherited(levels, 'proxy_set_header').find((each) => isFor(each, name)) ?? null;
}

function isFor({ args: [name] }: Directive, wanted: string): boolean {
  return name?.text.toLowerCase() === wanted;
}

/** Returns an outer level's line for a header if an inner level cancels that line by setting only other headers. */
function replacedSetter(
  levels: readonly Directive[],
  name: string,
): { line: Directive; by: Directive } | null {
  const [by] = inherited(levels, 'proxy_set_header');
  if (by === undefined || setterOf(levels, name) !== null) return null;
  const line = levels
    .flatMap(({ block }) => directives(block, 'proxy_set_header'))
    .find((each) => isFor(each, name));
  return line === undefined ? null : { line, by };
}

/**
 * Returns the trace if a handshake was tried and reached the server behind Nginx, so that the request sent
 * can be compared with the request received.
 */
function compared(
  trace: Trace | null | undefined,
): (Trace & { received: NonNullable<Trace['received']> }) | null {
  return trace?.received ? { ...trace, received: trace.received } : null;
}

/** Reports a changed Host header. Without `proxy_set_header Host`, Nginx sends the host name in `proxy_pass`. */
export const host: Rule = innermost((subject, candidate) => {
  const trace = compared(subject.seen?.locations.get(candidate)?.trace);
  if (trace === null || candidate.sign === 'stream' || !isSound(subject, candidate)) return [];
  const [sent, received] = [headerOf(trace.sent.headers, 'host'), headerOf(trace.received.headers, 'host')];
  if (sent === null || received === null || received.toLowerCase() === sent.toLowerCase()) return [];
  const written = setterOf(candidate.levels, 'host');
  const replaced = replacedSetter(candidate.levels, 'host');
  return [
    {
      rule: 'host',
      level: hostLevel(written),
      origin: (written ?? replaced?.by ?? passOf(candidate) ?? candidate.self).origin,
      ...finding('host-changed', {
        location: locationOf(candidate),
        sent,
        received: writtenHost(candidate, written) ?? received,
        replaced: replaced === null ? null : place(replaced.line.origin),
      }),
      seen: null,
      remedies: [
        {
          block: blockFor(candidate.levels, 'proxy_set_header'),
          lines: ['proxy_set_header  Host  $http_host;'],
        },
      ],
    },
  ];
});

/** Ports that clients omit in Host and Origin. */
const USUAL_PORTS = /:(80|443)$/;

/** Reports a Host header that lacks the port: `$host` has none, but Origin has the port of the page. */
export const hostPort: Rule = (subject) =>
  subject.candidates.flatMap((candidate): LintFinding[] => {
    const setter = candidate.sign === 'stream' ? null : setterOf(candidate.levels, 'host');
    const address = addressesOf(candidate.server).find(
      (each) => /:\d+$/.test(each) && !USUAL_PORTS.test(each),
    );
    const isInner = address !== undefined && /^(127\.|localhost:|\[::1\])/.test(address);
    if (setter === null || address === undefined || isInner || !isSound(subject, candidate)) return [];
    if (!/^\$\{?host\}?$/.test(setter.args[1]?.text ?? '')) return [];
    return [
      {
        rule: 'host-port',
        level: 'note',
        origin: setter.origin,
        ...finding('host-without-port', {
          location: locationOf(candidate),
          port: Number(address.slice(address.lastIndexOf(':') + 1)),
        }),
        seen: null,
        remedies: [
          {
            block: blockFor(candidate.levels, 'proxy_set_header'),
            lines: ['proxy_set_header  Host  $http_host;'],
          },
        ],
      },
    ];
  });

/** Returns the severity of a changed Host header. A name written out in the configuration may be intended. */
function hostLevel(written: Directive | null): Severity {
  return written === null || /^\$\{?proxy_host\}?$/.test(written.args[1]?.text ?? '') ? 'warning' : 'note';
}

/**
 * Returns the Host header that Nginx sends outside the sandbox, where `proxy_pass` has its original address.
 */
function writtenHost(candidate: Candidate, written: Directive | null): string | undefined {
  if (written !== null) return written.args[1]?.text;
  const url = passOf(candidate)?.args[0]?.text ?? '';
  return /^[^:]+:\/\/([^/?]+)/.exec(url)?.[1];
}

function passOf({ self }: Candidate): Directive | null {
  return directives(self.block, 'proxy_pass')[0] ?? null;
}

/**
 * Browser and proxy headers that a server behind Nginx may rely on, each with the severity of the finding that
 * reports the header as missing.
 */
const WATCHED: Readonly<Record<string, Severity>> = {
  'X-Forwarded-Proto': 'warning',
  'X-Forwarded-Host': 'warning',
  'X-Forwarded-For': 'note',
  'X-Real-IP': 'note',
  Cookie: 'warning',
  Origin: 'note',
  'Sec-WebSocket-Extensions': 'note',
};

/** Reports a header that the client sent or an outer level sets, but that never reaches the upstream server. */
export const headers: Rule = innermost((subject, candidate) => {
  const trace = compared(subject.seen?.locations.get(candidate)?.trace);
  if (trace === null || candidate.sign === 'stream' || !isSound(subject, candidate)) return [];
  const { levels } = candidate;
  return Object.entries(WATCHED).flatMap(([header, level]): LintFinding[] => {
    const name = header.toLowerCase();
    const replaced = replacedSetter(levels, name);
    const isExpected = replaced !== null || headerOf(trace.sent.headers, name) !== null;
    if (!isExpected || headerOf(trace.received.headers, name) !== null) return [];
    // An empty value is meant to remove the header, unless it is set in a file that other locations may
    // include as well.
    const setter = setterOf(levels, name);
    const isRemoved = setter?.args[1]?.text === '' && setter.origin?.file === candidate.self.origin?.file;
    return [
      {
        rule: `header ${name}`.replace(' ', '-'),
        level: isRemoved ? 'note' : level,
        origin: (setterOf(levels, name) ?? replaced?.by ?? candidate.self).origin,
        ...finding('header-lost', {
          location: locationOf(candidate),
          header,
          replaced: replaced === null ? null : place(replaced.line.origin),
        }),
        seen: null,
        remedies:
          replaced === null
            ? []
            : [{ block: blockFor(levels, 'proxy_set_header'), lines: [lineOf(replaced.line)] }],
      },
    ];
  });
});

/**
 * Reports a line that keeps the upstream server from learning that clients use TLS. Usually, the line belongs
 * to an inner server, which is reached without TLS and overwrites the header of the server in front.
 */
export const forwardedProto: Rule = (subject) =>
  subject.candidates.flatMap((candidate): LintFinding[] => {
    const trace = compared(subject.seen?.locations.get(candidate)?.trace);
    if (trace === null || !isSound(subject, candidate)) return [];
    const isTls = headerOf(trace.sent.headers, 'origin')?.startsWith('https://');
    if (!isTls || headerOf(trace.received.headers, 'x-forwarded-proto') !== 'http') return [];
    const behind = candidatesBehind(subject, candidate);
    const [last, setter] =
      [candidate, ...behind]
        .map((each) => [each, setterOf(each.levels, 'x-forwarded-proto')] as const)
        .findLast((each) => each[1] !== null) ?? [];
    if (last === undefined || setter == null) return [];
    const isBehind = last !== candidate || candidate.entrance !== candidate.server;
    const value = behind.length > 0 ? '$http_x_forwarded_proto' : 'https';
    return [
      {
        rule: 'header-x-forwarded-proto',
        level: 'warning',
        origin: setter.origin,
        ...finding('scheme-changed', { location: locationOf(candidate), isBehind }),
        seen: null,
        remedies: [
          {
            block: blockFor(last.levels, 'proxy_set_header'),
            lines: [`proxy_set_header  X-Forwarded-Proto  ${value};`],
          },
        ],
      },
    ];
  });

/** Request variables that do not reveal which page the request comes from. */
const NOT_OF_PAGE =
  /^(scheme|host|http_host|server_name|server_port|server_addr|proxy_host|proxy_port|http_x_forwarded_\w+)$/;

/** An Origin set by Nginx is the same for every page, and is often the one that the server accepts. */
export const ownOrigin: Rule = (subject) =>
  subject.candidates.flatMap((candidate): LintFinding[] => {
    const setter = candidate.sign === 'stream' ? null : setterOf(candidate.levels, 'origin');
    const value = setter?.args[1]?.text ?? '';
    if (setter === null || value === '' || !isSound(subject, candidate)) return [];
    const trace = compared(subject.seen?.locations.get(candidate)?.trace);
    const isChanged =
      trace !== null &&
      headerOf(trace.received.headers, 'origin') !== null &&
      headerOf(trace.received.headers, 'origin') !== headerOf(trace.sent.headers, 'origin');
    if (!isChanged && !isSameForEveryPage(value, subject.tree)) return [];
    return [
      {
        rule: 'header-origin',
        level: 'note',
        origin: setter.origin,
        ...finding('origin-replaced', { location: locationOf(candidate), value }),
        seen: null,
        remedies: [],
      },
    ];
  });

/**
 * Whether the only variables in a text are those in `NOT_OF_PAGE`, or variables that a `map` derives from
 * them.
 */
function isSameForEveryPage(text: string, tree: readonly Node[], above: readonly string[] = []): boolean {
  const maps = directives(tree, 'http').flatMap(({ block }) => directives(block, 'map'));
  return [...text.matchAll(/\$\{?(\w+)/g)].every(([, written = '']) => {
    const name = written.toLowerCase();
    if (NOT_OF_PAGE.test(name)) return true;
    const own = maps.filter(({ args: [, result] }) => result?.text.toLowerCase() === `$${name}`);
    const sources = own.flatMap((map) => [
      ...texts(map).slice(0, 1),
      ...directives(map.block).flatMap(texts),
    ]);
    return (
      own.length > 0 &&
      !above.includes(name) &&
      sources.every((source) => isSameForEveryPage(source, tree, [...above, name]))
    );
  });
}

function lineOf({ name, args }: Directive): string {
  return `${name}  ${args.map(({ text }) => (/[\s;]|^$/.test(text) ? `"${text}"` : text)).join('  ')};`;
}
