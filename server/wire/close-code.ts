/**
 * Returns the code in a close frame's payload (RFC 6455 section 5.5.1); 1005 if the payload is empty (section
 * 7.1.5); null if it contains no code that may be sent (section 7.4; IANA registered 1012 to 1014 later).
 */
export function closeCodeOf(payload: Buffer): number | null {
  if (payload.length === 0) return 1005;
  if (payload.length === 1) return null;
  const code = payload.readUInt16BE(0);
  const defined = code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
  return defined || (code >= 3000 && code <= 4999) ? code : null;
}
