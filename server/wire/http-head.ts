/** Maximum size of a request or response head in bytes. No WebSocket handshake needs more. */
export const HEAD_MAX = 16_384;
/** The end of a head: the end of its last line, followed by an empty line. */
export const HEAD_END = '\r\n\r\n';

/** A token (RFC 9110 section 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;
/** Characters not allowed in a header value: control characters except the tab (RFC 9110 section 5.5). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression matches control characters
const CONTROL = /[\0-\x08\n-\x1f\x7f]/;

/**
 * Parses the header fields of a head. Names are converted to lower case, and values with the same name are
 * joined into one list (RFC 9110 section 5.3).
 *
 * @param text text in which the head's first line starts at `from`, and its final HEAD_END is at `end`
 * @returns null if a line is not a valid field (RFC 9112 section 5), for example because it is folded or has
 * a space in its name
 */
export function readHeaders(text: string, from: number, end: number): Map<string, string> | null {
  const headers = new Map<string, string>();
  let lineEnd = text.indexOf('\r\n', from);
  while (lineEnd < end) {
    const at = lineEnd + 2;
    lineEnd = text.indexOf('\r\n', at);
    const colon = text.indexOf(':', at);
    // If the line has no colon, the name extends beyond the end of the line, and is therefore not a token.
    const name = text.slice(at, colon).toLowerCase();
    const value = trimmed(text, colon + 1, lineEnd);
    if (!TOKEN.test(name) || CONTROL.test(value)) return null;
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

/** Whether a header is a list that contains this token. Ignores case. */
export function hasToken(headers: ReadonlyMap<string, string>, name: string, token: string): boolean {
  const list = headers.get(name);
  return list?.split(',').some((item) => trimmed(item, 0, item.length).toLowerCase() === token) ?? false;
}

/** Removes spaces and tabs at both ends. String.trim() would also remove other characters. */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
