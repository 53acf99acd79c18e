import { isIPv6 } from 'node:net';

/** What may be an IPv6 address, with its zone and the length of its prefix. */
const CANDIDATE =
  /(?<![\w:.])((?:[0-9a-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{1,4})?)(?:%\w+)?(?:\/\d{1,3})?(?![\w:])/gi;

/** Every machine has them. */
const COMMON = new Set(['::', '::1']);

/** The text with each IPv6 address replaced, in brackets or not; a time of day is none. */
export function replaceIpv6(text: string, replace: (address: string) => string): string {
  return text.replace(CANDIDATE, (found: string, address: string) =>
    isIPv6(address) && !COMMON.has(address) ? replace(address) : found,
  );
}
