import { type Directive, directives, type Node } from './tree.ts';
import { valuesOf } from './variable.ts';

export interface Target {
  host: string;
  /** Path and query that replace the request's path and query; empty if they are kept. */
  uri: string;
  /**
   * `$scheme` means the request's scheme. Null if another variable contains the scheme, or if the target has
   * no scheme, as in stream.
   */
  scheme: 'http' | 'https' | '$scheme' | null;
  /** The scheme as written; in a URL without `://`, the variable at its start; empty in stream. */
  schemeText: string;
  /** Whether the host contains a variable, so that the destination of a request is unknown. */
  variable: boolean;
}

/**
 * Splits a URL into scheme, host and the rest. The host ends at `/`, `?` or a variable whose value starts
 * with either.
 */
const URL_PARTS =
  /^(https?|\$\{?\w+\}?):\/\/(unix:[^:]*:?|[^/?]*?)((?:[/?]|\$\{?(?:request_uri|is_args|uri|document_uri)\b).*)?$/is;

/** A variable that contains a whole URL, or the beginning of one. */
const WHOLE_URL = /^(\$\{?\w+\}?)((?:[/?]|\$\{?(?:request_uri|is_args|uri|document_uri)\b).*)?$/is;

/**
 * Parses a `proxy_pass` URL.
 *
 * @returns null if Nginx would reject it
 */
export function httpTarget(text: string): Target | null {
  const parts = URL_PARTS.exec(text);
  if (parts === null) return text.includes('$') ? wholeTarget(text) : null;
  const [, scheme = '', host = '', tail = ''] = parts;
  return {
    host,
    uri: uriOf(tail),
    scheme: schemeOf(scheme),
    schemeText: scheme,
    variable: host === '' || host.includes('$') || schemeOf(scheme) === null,
  };
}

function wholeTarget(text: string): Target {
  const [, start = '', tail = ''] = WHOLE_URL.exec(text) ?? [];
  return { host: '', uri: uriOf(tail), scheme: null, schemeText: start, variable: true };
}

/**
 * The path and query of a target. `$uri` is dropped, because Nginx passes on the URI even without a path.
 * After a `rewrite`, the value of `$uri` may also lack the initial `/`, and could then change the host.
 */
function uriOf(tail: string): string {
  return /^\$\{?(document_)?uri\b/i.test(tail) ? '' : tail;
}

/**
 * The directives with which a `stream` server forwards connections: `proxy_pass`, or `pass`, which hands them to
 * another listener of the same Nginx (ngx_stream_pass_module, since 1.25.5).
 */
export function streamPasses({ block }: Directive): Directive[] {
  return [...directives(block, 'proxy_pass'), ...directives(block, 'pass')];
}

export function streamTarget(text: string): Target {
  return { host: text, uri: '', scheme: null, schemeText: '', variable: text.includes('$') };
}

function schemeOf(text: string): Target['scheme'] {
  const scheme = text.toLowerCase();
  if (scheme === 'http' || scheme === 'https') return scheme;
  return /^\$\{?scheme\}?$/.test(scheme) ? '$scheme' : null;
}

/** Possible hosts of a target; null if it contains a variable that can have any value. */
export function hostsOf({ host, variable }: Target, block: readonly Node[]): string[] | null {
  if (!variable) return [host];
  const name = /^\$\{?(\w+)\}?$/.exec(host)?.[1];
  return name === undefined ? null : valuesOf(block, name);
}
