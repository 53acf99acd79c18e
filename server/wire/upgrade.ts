import { hash } from 'node:crypto';
import { hasToken } from './http-head.ts';

/** Constant that is hashed together with the key (RFC 6455 section 1.3). */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Computes the Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455 section 4.2.2). */
export function acceptFor(key: string): string {
  return hash('sha1', key + GUID, 'base64');
}

/** Whether the headers of a request or response switch to WebSocket (RFC 6455 sections 4.1, 4.2.1). */
export function upgrades(headers: ReadonlyMap<string, string>): boolean {
  return headers.get('upgrade')?.toLowerCase() === 'websocket' && hasToken(headers, 'connection', 'upgrade');
}
