import type { Socket } from 'node:net';

/**
 * Prints that a client has connected. @returns what prints that it has disconnected, with the close code
 * (RFC 6455 section 7.4.1; 1006 where there was no close frame)
 */
export function logClient(socket: Socket): (code: number) => void {
  // Kept from the start: a closed socket has no address any more.
  const client = `${socket.remoteAddress}:${socket.remotePort}`;
  console.log(`connected ${client}`);
  return (code) => console.log(`disconnected ${client} ${code}`);
}
