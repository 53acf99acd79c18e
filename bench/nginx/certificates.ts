import type { KeyType } from '../topology/certificate.ts';
import { inherited } from './located.ts';
import { type Directive, firstText } from './tree.ts';

/** Matches OpenSSL's names of cipher suites that use RSA for key exchange or signatures. */
const RSA_SUITE = /^(EC)?DHE?-RSA-|^kRSA$|^aRSA$|^RSA$|^(AES|CAMELLIA|ARIA)\d+-|^DES-CBC3-SHA$/;

/**
 * Entries of a cipher list that add no suite for TLS 1.2: exclusions, commands, and TLS 1.3 suites, which
 * work with any key type.
 */
const NO_SUITE = /^[!-]|^@|^TLS_/;

/** Returns the certificate key type required by the ciphers that a server accepts. */
export function keyTypeFor(levels: readonly Directive[]): KeyType {
  const [ciphers] = inherited(levels, 'ssl_ciphers');
  return keyTypeOf(firstText(ciphers));
}

/**
 * Returns the certificate key type required by a cipher list: RSA if all suites need it, because an ECDSA key
 * would leave no suite for TLS 1.2.
 *
 * @param ciphers in OpenSSL's syntax; empty selects OpenSSL's default
 */
export function keyTypeOf(ciphers: string): KeyType {
  const suites = ciphers
    .split(/[:, ]/)
    .map((suite) => suite.replace(/^\+/, ''))
    .filter((suite) => suite !== '' && !NO_SUITE.test(suite));
  return suites.length > 0 && suites.every((suite) => RSA_SUITE.test(suite)) ? 'rsa' : 'ecdsa';
}
