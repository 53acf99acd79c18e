/**
 * Returns a client's address and port. The client must be connected, because a closed socket has no address.
 */
export function clientOf(socket: {
  remoteAddress?: string | undefined;
  remotePort?: number | undefined;
}): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}

/** Logs one client's actions. */
export interface ClientLog {
  received(payload: Buffer, isText: boolean): void;
  /** @param code close code (RFC 6455 section 7.4.1); 1006 if there was no close frame */
  disconnected(code: number): void;
}

/** Only this many characters of a message are logged. */
const MOST_CHARACTERS = 200;

/** Logs that a client has connected, and returns a log for its further actions. */
export function logClient(client: string): ClientLog {
  console.log(`connected ${client}`);
  return {
    received: (payload, isText) => console.log(`received ${client} ${shown(payload, isText)}`),
    disconnected: (code) => console.log(`disconnected ${client} ${code}`),
  };
}

/** Quotes text so that no character in it can end the line or move a terminal's cursor. */
function shown(payload: Buffer, isText: boolean): string {
  if (!isText) return `${payload.length} bytes`;
  // A character has at most four bytes in UTF-8, so only this many bytes need to be decoded.
  const characters = [...payload.toString('utf8', 0, 4 * MOST_CHARACTERS + 4)];
  const rest = characters.length > MOST_CHARACTERS ? ` … (${payload.length} bytes)` : '';
  const text = JSON.stringify(characters.slice(0, MOST_CHARACTERS).join(''));
  return `${text.replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, escaped)}${rest}`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
