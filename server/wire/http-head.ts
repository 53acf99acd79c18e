/** A request or response head of more bytes than this is no WebSocket handshake. */
export const HEAD_MAX = 16_384;
/** What ends a head: the end of its last line, and an empty line. */
export const HEAD_END = '\r\n\r\n';

/**
 * The header fields of a head: names in lower case, the values of a repeated name as one list (RFC 9110
 * section 5.3).
 *
 * @param text holds the head's first line from `from` on, and the HEAD_END that ends it at `end`
 * @returns null where a line is no field
 */
export function readHeaders(text: string, from: number, end: number): Map<string, string> | null {
  const headers = new Map<string, string>();
  let lineEnd = text.indexOf('\r\n', from);
  while (lineEnd < end) {
    const at = lineEnd + 2;
    lineEnd = text.indexOf('\r\n', at);
    const colon = text.indexOf(':', at);
    if (colon <= at || colon > lineEnd) return null;
    const name = text.slice(at, colon).toLowerCase();
    const value = text.slice(colon + 1, lineEnd).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

/** Whether a header holds a list with this token in it, in upper or lower case. */
export function hasToken(headers: ReadonlyMap<string, string>, name: string, token: string): boolean {
  const list = headers.get(name);
  return list?.split(',').some((item) => item.trim().toLowerCase() === token) ?? false;
}
