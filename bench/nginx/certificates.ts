import { inherited } from './located.ts';
import type { Directive } from './tree.ts';

/** ECDSA on P-256, or RSA with 2048 bits. */
export type KeyType = 'ecdsa' | 'rsa';

/** Cipher suites whose key exchange or signature is RSA, by OpenSSL's names. */
const RSA_SUITE = /^(EC)?DHE?-RSA-|^kRSA$|^aRSA$|^RSA$|^(AES|CAMELLIA|ARIA)\d+-|^DES-CBC3-SHA$/;

/**
 * Entries that remove nothing from the choice, or belong to TLS 1.3, where the key does not depend on the
 * suite.
 */
const NO_SUITE = /^[!-]|^@|^TLS_/;

/** The key type that a server's ciphers require. */
export function keyTypeFor(levels: readonly Directive[]): KeyType {
  const [ciphers] = inherited(levels, 'ssl_ciphers');
  return keyTypeOf(ciphers?.args[0]?.text ?? '');
}

/**
 * The key type that a list of ciphers requires: if all suites are for RSA, an ECDSA key leaves TLS 1.2
 * without any.
 *
 * @param ciphers In OpenSSL's syntax; empty: its default.
 */
export function keyTypeOf(ciphers: string): KeyType {
  const suites = ciphers
    .split(/[:, ]/)
    .map((suite) => suite.replace(/^\+/, ''))
    .filter((suite) => suite !== '' && !NO_SUITE.test(suite));
  return suites.length > 0 && suites.every((suite) => RSA_SUITE.test(suite)) ? 'rsa' : 'ecdsa';
}
