import type { Node } from './tree.ts';
import { valuesOf } from './variable.ts';

/** Target of a `proxy_pass`. */
export interface Target {
  host: string;
  /** Path and query that replace those of the request; empty: none. */
  uri: string;
  /** `$scheme` is that of the request. Null: a variable contains it, or there is none, as in stream. */
  scheme: 'http' | 'https' | '$scheme' | null;
  /** As it is written; with no `://` the variable that the text begins with; empty in stream. */
  schemeText: string;
  /** The host contains a variable, so the destination of a request is unknown. */
  variable: boolean;
}

/** Scheme, host and the rest. The host ends at `/`, `?` or a variable whose value starts with one of them. */
const URL_PARTS =
  /^(https?|\$\{?\w+\}?):\/\/(unix:[^:]*:?|[^/?]*?)((?:[/?]|\$\{?(?:request_uri|is_args|uri|document_uri)\b).*)?$/is;

/** A variable that holds a whole URL, or its beginning. */
const WHOLE_URL = /^(\$\{?\w+\}?)((?:[/?]|\$\{?(?:request_uri|is_args|uri|document_uri)\b).*)?$/is;

/** @returns null for a URL that Nginx rejects. */
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
 * Without a path Nginx passes on the URI, too. And after a `rewrite` the value of `$uri` need not begin with `/`: it
 * could change the host.
 */
function uriOf(tail: string): string {
  return /^\$\{?(document_)?uri\b/i.test(tail) ? '' : tail;
}

export function streamTarget(text: string): Target {
  return { host: text, uri: '', scheme: null, schemeText: '', variable: text.includes('$') };
}

function schemeOf(text: string): Target['scheme'] {
  const scheme = text.toLowerCase();
  if (scheme === 'http' || scheme === 'https') return scheme;
  return /^\$\{?scheme\}?$/.test(scheme) ? '$scheme' : null;
}

/** Possible hosts of a target; null if a variable in it can have any value. */
export function hostsOf({ host, variable }: Target, block: readonly Node[]): string[] | null {
  if (!variable) return [host];
  const name = /^\$\{?(\w+)\}?$/.exec(host)?.[1];
  return name === undefined ? null : valuesOf(block, name);
}
