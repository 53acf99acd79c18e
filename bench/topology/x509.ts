import { type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** What a self-signed certificate of a TLS server says. */
export interface Claims {
  commonName: string;
  hosts: readonly string[];
  /** IPv4 or IPv6. */
  addresses: readonly string[];
  notBefore: Date;
  /** Before 2050, from when on another type of time is required. */
  notAfter: Date;
}

/** Object identifiers, as their bytes in hexadecimal. */
const COMMON_NAME = '550403';
const BASIC_CONSTRAINTS = '551d13';
const KEY_USAGE = '551d0f';
const EXTENDED_KEY_USAGE = '551d25';
const SUBJECT_ALTERNATIVE_NAME = '551d11';
const SERVER_AUTHENTICATION = '2b06010505070301';
const ECDSA_WITH_SHA256 = '2a8648ce3d040302';
const RSA_WITH_SHA256 = '2a864886f70d01010b';

const VERSION_3 = 2;

/**
 * Makes a self-signed X.509 certificate (RFC 5280) in PEM, signed with SHA-256. Node can read certificates but
 * cannot make them, and the packages that can take longer to load than a certificate takes to make.
 */
export function selfSigned(publicKey: KeyObject, privateKey: KeyObject, claims: Claims): string {
  const algorithm =
    publicKey.asymmetricKeyType === 'rsa'
      ? sequence(oid(RSA_WITH_SHA256), value(0x05))
      : sequence(oid(ECDSA_WITH_SHA256));
  const name = sequence(value(0x31, sequence(oid(COMMON_NAME), value(0x0c, Buffer.from(claims.commonName)))));
  const alternatives = [
    ...claims.hosts.map((host) => value(0x82, Buffer.from(host))),
    ...claims.addresses.map((address) => value(0x87, bytesOf(address))),
  ];
  const body = sequence(
    value(0xa0, value(0x02, Buffer.of(VERSION_3))),
    serialNumber(),
    algorithm,
    name,
    sequence(utcTime(claims.notBefore), utcTime(claims.notAfter)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    value(
      0xa3,
      sequence(
        // Not an authority, which is the default and therefore left out.
        extension(BASIC_CONSTRAINTS, sequence(), true),
        // Only the first bit, which stands for signatures.
        extension(KEY_USAGE, value(0x03, Buffer.of(7, 0x80)), true),
        extension(EXTENDED_KEY_USAGE, sequence(oid(SERVER_AUTHENTICATION))),
        extension(SUBJECT_ALTERNATIVE_NAME, sequence(...alternatives)),
      ),
    ),
  );
  const signature = value(0x03, Buffer.of(0), sign('sha256', body, privateKey));
  const lines =
    sequence(body, algorithm, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** One value in DER: its tag, its length and its contents. */
function value(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const digits = length.toString(16);
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x80 | bytes.length), bytes, content]);
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return value(0x30, ...contents);
}

function oid(bytes: string): Buffer {
  return value(0x06, Buffer.from(bytes, 'hex'));
}

function extension(id: string, content: Buffer, isCritical = false): Buffer {
  const critical = isCritical ? [value(0x01, Buffer.of(0xff))] : [];
  return sequence(oid(id), ...critical, value(0x04, content));
}

/** A random positive number; its first byte has neither the sign bit nor only zeros. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return value(0x02, bytes);
}

/** For example 250102030405Z. */
function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+|\D/g, '');
  return value(0x17, Buffer.from(`${digits.slice(2)}Z`));
}

function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  // A URL's host has no dotted part, and at most one gap.
  const [before = '', after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (part = '') =>
    part.split(':').flatMap((group) => (group === '' ? [] : [group.padStart(4, '0')]));
  const [head, tail] = [groups(before), groups(after)];
  const gap = Array<string>(8 - head.length - tail.length).fill('0000');
  return Buffer.from([...head, ...gap, ...tail].join(''), 'hex');
}
