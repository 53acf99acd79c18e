import { Problem } from '../model/failure.ts';

/** The parsed output of `nginx -V`. */
export interface NginxVersion {
  /** Such as `1.22.1`. */
  version: string;
  /** The TLS library in use, such as `OpenSSL 3.0.19`; null if Nginx was built without one. */
  openssl: string | null;
  /** The `configure` arguments. */
  buildArguments: string;
}

/**
 * Parses the output of `nginx -V`, which Nginx writes to stderr.
 *
 * @throws Problem('environment') if the text is not the output of `nginx -V`
 */
export function parseVersion(output: string): NginxVersion {
  const version = /^\w+ version: [^/\s]+\/(\d+(?:\.\d+)+)/m.exec(output)?.[1];
  if (version === undefined) {
    throw new Problem('environment', 'it does not respond to -V as Nginx does.');
  }
  // In "built with OpenSSL 3.0.22 … (running with OpenSSL 3.0.19 …)", the second version is the one in use.
  const libraries = [...output.matchAll(/\b(?:built|running) with ((?:\w*SSL|AWS-LC)\s+\S+)/g)];
  return {
    version,
    openssl: libraries.at(-1)?.[1] ?? null,
    buildArguments: /^configure arguments:(.*)$/m.exec(output)?.[1]?.trim() ?? '',
  };
}

/** Whether a version, such as `1.26.0`, is the wanted one or newer. */
export function atLeast(version: string, wanted: string): boolean {
  const numbers = (text: string) => text.split('.').map(Number);
  const have = numbers(version);
  for (const [index, number] of numbers(wanted).entries()) {
    const difference = (have[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
