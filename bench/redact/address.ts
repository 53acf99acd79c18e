import { isIPv6 } from 'node:net';

/** Matches anything that could be an IPv6 address, including its zone and prefix length. */
const CANDIDATE =
  /(?<![\w:.])((?:[0-9a-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{1,4})?)(?:%\w+)?(?:\/\d{1,3})?(?![\w:])/gi;

/** Addresses that exist on every machine. */
const COMMON = new Set(['::', '::1']);

/**
 * Replaces each IPv6 address in a text, with or without brackets. Times of day are not mistaken for
 * addresses.
 */
export function replaceIpv6(text: string, replace: (address: string) => string): string {
  return text.replace(CANDIDATE, (found: string, address: string) =>
    isIPv6(address) && !COMMON.has(address) ? replace(address) : found,
  );
}
