/** A client's address and port. To be asked while it is connected: a closed socket has no address any more. */
export function clientOf(socket: {
  remoteAddress?: string | undefined;
  remotePort?: number | undefined;
}): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}

/**
 * Prints that a client has connected.
 *
 * @returns what prints that it has disconnected, with the close code (RFC 6455 section 7.4.1; 1006 where
 *   there was no close frame)
 */
export function logClient(client: string): (code: number) => void {
  console.log(`connected ${client}`);
  return (code) => console.log(`disconnected ${client} ${code}`);
}
