import type { ConfigurationOptions } from '../model/configuration.ts';
import type { RunRequest } from '../request/request.ts';
import { ownSides, UNDESCRIBED } from './own.ts';
import { chooseVariants, type Library, type Side } from './variants.ts';

/**
 * Returns the targets of a request's load: its variants and the user's own configurations, or an external server.
 *
 * @throws Problem('usage') like `chooseVariants`
 */
export function sidesOf(library: Library, request: RunRequest): Side[] {
  const { target, variants, configurationOptions } = request;
  return target.kind === 'external'
    ? [externalSide(target.url, configurationOptions)]
    : chooseVariants(library, variants, ownSides(request));
}

/**
 * Returns the side for an external server, which has neither a proxy nor a configuration to read.
 *
 * @param options how to request its WebSockets
 */
function externalSide(url: string, options: ConfigurationOptions): Side {
  const { host } = new URL(url);
  const title = `The server at ${url}`;
  const profile = `target:${url}`;
  return {
    variant: { name: host, title, profile, proxy: null },
    profile: { ...UNDESCRIBED, name: profile, title, configurationPath: null, options },
  };
}
