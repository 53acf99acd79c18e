import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOOPBACK } from './ports.ts';

/** A name server for Nginx. It resolves every name to 127.0.0.1, the address of the echo servers. */
export interface NameServer {
  /** Address as `host:port`, the format of Nginx's `resolver` directive. */
  address: string;
  /**
   * Fulfilled when Nginx has looked up a name, or after a time limit. Until its first lookup, Nginx has no
   * upstream servers.
   */
  asked: Promise<void>;
  close(): void;
}

const HEADER_BYTES = 12;
/** Flags of a reply: response, recursion desired, recursion available, no error (RFC 1035 section 4.1.1). */
const FLAGS = 0x8180;
const TYPE_A = 1;
const CLASS_IN = 1;
/**
 * Compressed name (RFC 1035 section 4.1.4) that points to the name in the question, which follows the header
 * directly.
 */
const NAME_OF_QUESTION = 0xc000 | HEADER_BYTES;
const TTL_S = 1;
const ASKED_MS = 3000;
/** Time allowed for Nginx to read an answer. */
const READ_MS = 50;

/** Returns the response to a query with one question; null for any other message. */
export function responseTo(query: Buffer): Buffer | null {
  if (query.length < HEADER_BYTES || query.readUInt16BE(4) !== 1) return null;
  let end = HEADER_BYTES;
  while (end < query.length && query[end] !== 0) end += 1 + query.readUInt8(end);
  end += 5;
  if (end > query.length) return null;
  const question = query.subarray(HEADER_BYTES, end);
  // Queries for other record types, such as AAAA, are answered without records.
  const hasAddress = query.readUInt16BE(end - 4) === TYPE_A;
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  header.writeUInt16BE(FLAGS, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(hasAddress ? 1 : 0, 6);
  if (!hasAddress) return Buffer.concat([header, question]);
  const address = LOOPBACK.split('.').map(Number);
  const record = Buffer.alloc(12 + address.length);
  record.writeUInt16BE(NAME_OF_QUESTION, 0);
  record.writeUInt16BE(TYPE_A, 2);
  record.writeUInt16BE(CLASS_IN, 4);
  record.writeUInt32BE(TTL_S, 6);
  record.writeUInt16BE(address.length, 10);
  record.set(address, 12);
  return Buffer.concat([header, question, record]);
}

/** Starts a name server in this process, on a free loopback port, without keeping the process running. */
export async function startNameServer(): Promise<NameServer> {
  const socket = createSocket('udp4');
  let wasAsked = () => {};
  const first = new Promise<void>((resolve) => {
    wasAsked = resolve;
  });
  socket.on('message', (query, { port, address }) => {
    const response = responseTo(query);
    if (response === null) return;
    socket.send(response, port, address);
    wasAsked();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, LOOPBACK, resolve);
  });
  socket.unref();
  return {
    address: `${LOOPBACK}:${socket.address().port}`,
    asked: Promise.race([first.then(() => sleep(READ_MS)), sleep(ASKED_MS, undefined, { ref: false })]),
    close: () => socket.close(),
  };
}
