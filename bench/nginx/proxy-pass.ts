import type { Node } from './tree.ts';
import { valuesOf } from './variable.ts';

/** Target of a `proxy_pass`. */
export interface Target {
  host: string;
  /** Path and query that replace those of the request; empty: none. */
  uri: string;
  /** `$scheme` is that of the request. Null: a variable contains it, or there is none, as in stream. */
  scheme: 'http' | 'https' | '$scheme' | null;
  /** The host contains a variable, so the destination of a request is unknown. */
  variable: boolean;
}

/** Scheme, host and the rest. The host ends at `/`, `?` or a variable whose value starts with one of them. */
const URL_PARTS =
  /^(https?|\$\{?scheme\}?):\/\/(unix:[^:]*:?|[^/?]*?)((?:[/?]|\$\{?(?:request_uri|is_args|uri|document_uri)\b).*)?$/is;

/** @returns null for a URL that Nginx rejects. */
export function httpTarget(text: string): Target | null {
  const parts = URL_PARTS.exec(text);
  if (parts === null) return text.includes('$') ? { host: '', uri: '', scheme: null, variable: true } : null;
  const [, scheme = '', host = '', tail = ''] = parts;
  return {
    host,
    // Without a path, Nginx also passes on the URI. After a `rewrite`, the value of `$uri` need not start
    // with `/`, so it could change the host.
    uri: /^\$\{?(document_)?uri\b/i.test(tail) ? '' : tail,
    scheme: schemeOf(scheme),
    variable: host === '' || host.includes('$'),
  };
}

export function streamTarget(text: string): Target {
  return { host: text, uri: '', scheme: null, variable: text.includes('$') };
}

function schemeOf(text: string): Target['scheme'] {
  const scheme = text.toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : '$scheme';
}

/** Possible hosts of a target; null if a variable in it can have any value. */
export function hostsOf({ host, variable }: Target, block: readonly Node[]): string[] | null {
  if (!variable) return [host];
  const name = /^\$\{?(\w+)\}?$/.exec(host)?.[1];
  return name === undefined ? null : valuesOf(block, name);
}
