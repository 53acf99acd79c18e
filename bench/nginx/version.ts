import { Problem } from '../model/failure.ts';

/** What `nginx -V` says of itself. */
export interface NginxVersion {
  /** As in `1.22.1`. */
  version: string;
  /** The TLS library that it runs with, as in `OpenSSL 3.0.19`; null where it was built without one. */
  openssl: string | null;
  /** The arguments of `configure`. */
  buildArguments: string;
}

/**
 * Reads the output of `nginx -V` (nginx writes it to stderr).
 *
 * @throws Problem('environment') if this is not what an nginx says.
 */
export function parseVersion(output: string): NginxVersion {
  const version = /^\w+ version: [^/\s]+\/(\d+(?:\.\d+)+)/m.exec(output)?.[1];
  if (version === undefined) {
    throw new Problem('environment', 'It does not answer to -V as nginx does.');
  }
  // "built with OpenSSL 3.0.22 … (running with OpenSSL 3.0.19 …)": the latter does the work.
  const libraries = [...output.matchAll(/\b(?:built|running) with ((?:\w*SSL|AWS-LC)\s+\S+)/g)];
  return {
    version,
    openssl: libraries.at(-1)?.[1] ?? null,
    buildArguments: /^configure arguments:(.*)$/m.exec(output)?.[1]?.trim() ?? '',
  };
}

/** Whether a version is at least another, both as in `1.25.1`. */
export function atLeast(version: string, wanted: string): boolean {
  const numbers = (text: string) => text.split('.').map(Number);
  const have = numbers(version);
  for (const [index, number] of numbers(wanted).entries()) {
    const difference = (have[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
