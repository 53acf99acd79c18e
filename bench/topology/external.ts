import { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { readRegularFile } from '../files/regular-file.ts';
import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/finding.ts';
import type { Profile } from '../model/profile.ts';
import { reasonOf } from '../model/system-error.ts';
import type { ExternalTarget } from '../model/target.ts';
import { notice } from '../wording/finding.ts';
import { LOOPBACK } from './ports.ts';
import type { StartedTarget } from './target.ts';

const MOST_CA_BYTES = 4 * 1_048_576;

/** Where systems keep the certificate authorities that they trust: Debian, Fedora, SUSE, and BSD or macOS. */
const SYSTEM_AUTHORITIES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * Returns an external server as a target. Its name is resolved once, so that all connections of a run go to the
 * same address. Its pages are not requested, because only its WebSockets are known.
 *
 * @param options how to request its WebSockets
 * @throws Problem('environment') if its name or its certificate authorities cannot be found
 */
export async function externalTarget(
  planned: ExternalTarget,
  options: Profile['options'],
): Promise<StartedTarget> {
  const url = new URL(planned.url);
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const host = await addressOf(name);
  const { certificate, expect, subprotocols } = planned;
  const notices: Notice[] = [
    ...(host === name || name === 'localhost'
      ? []
      : [notice('info', 'target-address', { host: name, address: host })]),
    ...(certificate?.by === 'nothing' ? [notice('warning', 'target-unverified', {})] : []),
    ...(expect === 'any' ? [notice('info', 'target-answers-any', {})] : []),
    ...(expect === 'none' ? [notice('info', 'target-answers-none', {})] : []),
  ];
  return {
    host,
    ports: [Number(url.port || (certificate === null ? 80 : 443))],
    path: options?.websocketPath ?? url.pathname,
    page: null,
    tls:
      certificate === null
        ? null
        : // An address is not a server name (RFC 6066 section 3).
          { servername: isIP(name) === 0 ? name : '', ...(await authoritiesOf(certificate)) },
    http2: false,
    request: { host: url.host, headers: options?.headers ?? [], subprotocols },
    proxy: null,
    notices,
  };
}

/**
 * Resolves a host name. `localhost` always means the loopback address of this machine, regardless of what a
 * resolver returns.
 */
async function addressOf(name: string): Promise<string> {
  if (name === 'localhost') return LOOPBACK;
  if (isIP(name) !== 0) return name;
  const found = await lookup(name).catch((cause: unknown) => {
    throw new Problem(
      'environment',
      `The address of ${name} cannot be found: ${reasonOf(cause)}. Check --target.`,
      {
        cause,
      },
    );
  });
  return found.address;
}

/** Returns the authorities (PEM) with which a certificate is verified; empty if it is not verified. */
async function authoritiesOf(
  certificate: NonNullable<ExternalTarget['certificate']>,
): Promise<{ ca?: string }> {
  if (certificate.by === 'nothing') return {};
  const path = certificate.by === 'file' ? certificate.path : systemAuthorities();
  const pem = await readRegularFile(path, MOST_CA_BYTES).then(String, (cause: Error) => {
    throw new Problem('environment', `${path} cannot be read: ${cause.message}. Name a PEM file with --ca.`, {
      cause,
    });
  });
  try {
    if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Error('it contains no certificate');
    // A secure context ignores a certificate that it cannot read.
    new X509Certificate(pem);
  } catch (cause) {
    const why = reasonOf(cause);
    throw new Problem(
      'environment',
      `${path} is not a PEM file with certificates: ${why}. Name another with --ca.`,
      {
        cause,
      },
    );
  }
  return { ca: pem };
}

function systemAuthorities(): string {
  const { SSL_CERT_FILE } = process.env;
  const path = SSL_CERT_FILE || SYSTEM_AUTHORITIES.find((each) => existsSync(each));
  if (path !== undefined) return path;
  throw new Problem(
    'environment',
    "The system's certificate authorities were not found. Name a PEM file with --ca, or use --insecure.",
  );
}
