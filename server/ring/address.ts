import { isIPv6 } from 'node:net';
import { addressOf, map } from './libc.ts';

/** Socket addresses as the kernel reads them (`struct sockaddr`). */

export const FAMILY = { unix: 1, ipv4: 2, ipv6: 10 } as const;

export interface SocketAddress {
  family: number;
  bytes: Buffer;
}

/** @param host an IP address; names are not resolved */
export function ipAddress(host: string, port: number): SocketAddress {
  if (isIPv6(host)) {
    const bytes = Buffer.alloc(28);
    bytes.writeUInt16LE(FAMILY.ipv6, 0);
    bytes.writeUInt16BE(port, 2);
    ipv6Groups(host).forEach((group, i) => void bytes.writeUInt16BE(group, 8 + 2 * i));
    return { family: FAMILY.ipv6, bytes };
  }
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(FAMILY.ipv4, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(host.split('.').map(Number), 4);
  return { family: FAMILY.ipv4, bytes };
}

export function unixAddress(path: string): SocketAddress {
  const bytes = Buffer.from(`xx${path}\0`);
  bytes.writeUInt16LE(FAMILY.unix, 0);
  return { family: FAMILY.unix, bytes };
}

/** Returns the eight groups of an IPv6 address. The URL parser accepts every notation of such addresses. */
function ipv6Groups(host: string): number[] {
  const [head = '', tail] = new URL(`http://[${host}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string) =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const first = groups(head);
  if (tail === undefined) return first;
  const last = groups(tail);
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}

/** Returns a socket's own port; 0 if it has none. */
export function portOf(fd: number): number {
  const address = addressOf(fd, 'own');
  return address.length < 4 ? 0 : address.readUInt16BE(2);
}

/**
 * Returns the peer's address and port in the form used in logs; `undefined:undefined` if the peer has no
 * address.
 */
export function peerOf(fd: number): string {
  const address = addressOf(fd, 'peer');
  if (address.length < 16) return 'undefined:undefined';
  const port = address.readUInt16BE(2);
  if (address.readUInt16LE(0) === FAMILY.ipv4) return `${address.subarray(4, 8).join('.')}:${port}`;
  const groups = Array.from({ length: 8 }, (_, i) => address.readUInt16BE(8 + 2 * i).toString(16));
  return `${new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)}:${port}`;
}

const PAGE_BYTES = 4096;

/**
 * Keeps the addresses of peers in memory that does not move. Addresses are never removed, because there are
 * only a few.
 */
export class AddressBook {
  readonly #entries = new Map<string, { address: number; bytes: number; family: number }>();
  #page: { address: number; bytes: Buffer } | null = null;
  #used = 0;

  /** Returns the memory location of a peer's address. `host` is an IP address. */
  find(host: string, port: number): { address: number; bytes: number; family: number } {
    const key = `${host} ${port}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const { family, bytes } = ipAddress(host, port);
    if (this.#page === null || this.#used + bytes.length > PAGE_BYTES) {
      const { address, buffer } = map(PAGE_BYTES, null);
      this.#page = { address, bytes: Buffer.from(buffer) };
      this.#used = 0;
    }
    bytes.copy(this.#page.bytes, this.#used);
    const entry = { address: this.#page.address + this.#used, bytes: bytes.length, family };
    this.#used += bytes.length;
    this.#entries.set(key, entry);
    return entry;
  }
}
