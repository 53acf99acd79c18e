import type { Amount } from './format.ts';
import { formatCount } from './format.ts';
import { listed } from './words.ts';

/**
 * Differences between a configuration as written and as run in the sandbox, in the order in which they are reported.
 */
export const CHANGES = {
  'upstream-tls':
    'Nginx connects to its upstream without TLS here, because the echo servers do not support TLS',
  'upstream-tls-added':
    'Nginx connects to its upstream with TLS here, because the servers behind the WebSockets speak TLS',
  'upstream-certificate':
    'Left out of the run, because the echo servers use a certificate created for the run and request none from Nginx',
  'upstream-handshake':
    'Left out of the run, because the echo servers support only TLS 1.2 and 1.3 and use an ECDSA key',
  udp: 'Nginx listens on TCP instead of UDP',
  quic: 'HTTP/3 is left out, because the load arrives over TCP',
  'proxy-protocol':
    'The PROXY protocol is left out, because the load generator and the echo servers do not speak it',
  'variable-upstream': 'Requests go to the echo servers, whatever address the variables contain',
  'stream-pass': 'Connections go to the echo servers instead of another listener of the same Nginx',
  'no-backend': 'Answered with 502, because the echo servers speak only HTTP',
  'name-server': 'Left out of the run, because Nginx must not query a name server',
  'source-address':
    'Left out of the run, because connections to the echo servers come from a loopback address',
  'client-address': 'Left out of the run, because all clients have loopback addresses',
  'upstream-address': 'Left out of the run, because all upstream servers have loopback addresses',
  ocsp: 'Left out of the run, because Nginx must not contact a certificate authority (TLS handshakes are smaller without the stapled OCSP response)',
  'other-hosts': 'Left out of the run or redirected, because it makes Nginx connect to other hosts',
  syslog: 'Written to a file, because it would otherwise go to a log server',
  'other-blocks': 'Left out of the run, because only http and stream blocks are measured',
  files: 'Left out of the run, because Nginx may write only to its private folder',
  certificates: 'Several certificates are replaced by one',
  'own-certificate': 'Listens with TLS but has no certificate, so it uses the certificate of the run',
  'http2-cleartext':
    'HTTP/2 without TLS is left out, because a listener with it accepts only HTTP/2 in versions of Nginx before 1.25.1',
  guards: 'Left out of the run, because it would reject or slow down the load (use --keep-guards to keep it)',
  'kept-guards': 'Kept (--keep-guards), so it may reject or slow down the load',
  'wrapped-http': 'Only part of a configuration, so it is treated as the content of an http block',
  'wrapped-server': 'Only part of a configuration, so it is treated as the content of a server block',
  'wrapped-stream': 'Only part of a configuration, so it is treated as the content of a stream block',
  'upgrade-map':
    'Uses $connection_upgrade, which this part of a configuration does not define, so the usual map was added',
  'defined-elsewhere':
    'Runs without the log format or zone that it names, because this part of a configuration does not define it',
  'no-files': 'Includes nothing, because no file matches',
  'well-known-files':
    'Left out of the run, because the folder of the configuration does not contain this file, which does not affect WebSockets',
  'moved-files': 'Read from the folder of the configuration instead (use --conf-root to name another folder)',
  'missing-files':
    'Left out of the run, because its file cannot be read here (use --conf-root to name its folder)',
  'outside-files':
    'Left out of the run, because it names a file outside the folder of the configuration, or a file whose path cannot be determined (use --conf-root to add a folder)',
  'static-files':
    'Serves no files here, because its folder is outside the folder of the configuration (use --conf-root to add it), or because its path contains variables or "..", which could lead out of that folder',
  code: 'Left out of the run, because it can load or run code that does not belong to this Nginx',
  template: 'Filled in from the environment or --env-file',
  'other-modules':
    'Left out of the run, because it requires a newer Nginx, or a module that this Nginx does not have (use --nginx to name another binary)',
  'this-system':
    'Left out of the run, because this Nginx or its TLS library does not support it (use --nginx to name another binary)',
} as const;

export type Change = keyof typeof CHANGES;

/** A directive that is changed or left out in the sandbox. */
export interface ChangedDirective {
  directive: string;
  /** The file that the directive names; null if the file is irrelevant or secret, or if there are too many files. */
  argument: string | null;
  /** File and line of each occurrence, such as `nginx.conf:5`. If there are many, only the first ones are listed. */
  places: readonly string[];
  /** Number of further occurrences, which are not listed. */
  more: Amount;
}

export interface ChangeFacts {
  directives: readonly ChangedDirective[];
}

/** A location in the configuration. */
export interface LocationFacts {
  /** The location as written, such as `/ws` or `~ ^/live`. */
  location: string;
  place: string;
}

const changeSentences = Object.fromEntries(
  Object.entries(CHANGES).map(([change, what]) => [
    `sandbox-${change}`,
    ({ directives }: ChangeFacts) => `${what}: ${directives.map(directiveText).join(', ')}.`,
  ]),
) as Record<`sandbox-${Change}`, (facts: ChangeFacts) => string>;

/** Notices about the differences between a configuration as written and as run. */
export const SANDBOX = {
  ...changeSentences,
  'sandbox-location': ({
    path,
    others,
    ...chosen
  }: LocationFacts & { path: string; others: readonly LocationFacts[] }) => {
    const rest =
      others.length === 0
        ? ''
        : ` Other locations that also pass on the Upgrade header: ${others.map(locationText).join(', ')}.`;
    return `WebSockets are opened at ${path}, which is handled by ${locationText(chosen)}.${rest} Use --ws-path to choose another path.`;
  },
  'sandbox-upgrade': ({
    version,
    missing,
    map,
    ...chosen
  }: LocationFacts & {
    version: string;
    missing: readonly string[];
    /** The `map` block that the missing lines need; null if the configuration already has it. */
    map: string | null;
  }) =>
    `Nginx ${version} does not pass on the upgrade in ${locationText(chosen)}. Add to this location: ${missing.join(' ')}${map === null ? '' : ` Add to the http block: ${map}`}`,
};

/** An `include` that matches no file. */
export interface EmptyInclude {
  path: string;
  place: string;
  /** The folder that the path names; null if the path is relative. */
  folder: string | null;
}

/** Returns a text that states the remedy, and names the includes that may contain what a configuration lacks. */
export function emptyIncludesText(includes: readonly EmptyInclude[]): string {
  const named = includes.map(({ path, place }) => `"include ${path}" at ${place}`);
  const folders = [...new Set(includes.flatMap(({ folder }) => folder ?? []))];
  const remedy =
    folders.length === 0
      ? 'Add the missing file to the folder of the configuration.'
      : `Say which folder contains this file: ${folders.map((folder) => `--conf-root ${folder}=DIR`).join(' or ')}.`;
  return `The missing part may be in a file that was not found: no file matches ${listed(named)}. ${remedy}`;
}

/** Describes a directive, as in `include conf.d/*.conf (nginx.conf:3, nginx.conf:7)`. */
function directiveText({ directive, argument, places, more }: ChangedDirective): string {
  const name = argument === null ? directive : `${directive} ${argument}`;
  if (places.length === 0) return name;
  return `${name} (${places.join(', ')}${more === 0 ? '' : ` and ${formatCount(more)} more`})`;
}

/** Describes a location, as in `"location /ws" at nginx.conf:5`. */
export function locationText({ location, place }: LocationFacts): string {
  return `"location ${location}" at ${place}`;
}

/** States that a location is never used because its name does not begin with a slash, and explains the remedy. */
export function withoutSlashText(location: string, remedy: string): string {
  return `${location} is never used: its name does not begin with a slash, but every path does. Write "${remedy}".`;
}
