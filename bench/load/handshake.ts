import { hash, randomFillSync } from 'node:crypto';
import type { FailureKind } from '../model/failure.ts';

/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const KEY_BYTES = 16;
/** An HTTP response head larger than this is no answer to an upgrade. */
const HEAD_MAX = 16_384;
const BEGINNING = Buffer.from('HTTP/1.');
/** A response that another one follows (RFC 9110 section 15.2); 101 is the last of its kind. */
const INTERIM = /^HTTP\/1\.[01] 1(?!01)\d\d(?: |\r|$)/;

const entropy = Buffer.alloc(KEY_BYTES * 256);
let drawn = entropy.length;

/** A fresh Sec-WebSocket-Key: 16 random bytes in base64 (RFC 6455 section 4.1). */
export function makeKey(): string {
  if (drawn === entropy.length) {
    randomFillSync(entropy);
    drawn = 0;
  }
  drawn += KEY_BYTES;
  return entropy.toString('base64', drawn - KEY_BYTES, drawn);
}

/** The Sec-WebSocket-Accept that answers a key (RFC 6455 section 4.2.2). */
export function acceptFor(key: string): string {
  return hash('sha1', key + GUID, 'base64');
}

/** The upgrade request of RFC 6455 section 4.1. `host` and `path` come from the plan and hold no line ends. */
export function upgradeRequest(host: string, path: string, key: string): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`
  );
}

/** A response to the upgrade: open with what its headers tell, or why the connection failed. */
export type UpgradeAnswer =
  | { ok: true; headers: Map<string, string>; rest: Buffer }
  | { ok: false; kind: FailureKind };

/** Reads the response to an upgrade request from chunks cut anywhere. */
export class UpgradeReader {
  readonly #key: string;
  #head: Buffer | null = null;

  constructor(key: string) {
    this.#key = key;
  }

  /** Null while the head of the response is not whole. `rest`: what followed it in the same chunk. */
  read(chunk: Buffer): UpgradeAnswer | null {
    let head = this.#head === null ? Buffer.from(chunk) : Buffer.concat([this.#head, chunk]);
    for (;;) {
      const begun = Math.min(head.length, BEGINNING.length);
      if (head.compare(BEGINNING, 0, begun, 0, begun) !== 0) return { ok: false, kind: 'protocol-error' };
      const end = head.indexOf('\r\n\r\n');
      if (end < 0 && head.length <= HEAD_MAX) {
        this.#head = head;
        return null;
      }
      if (end < 0) return { ok: false, kind: 'protocol-error' };
      const text = head.toString('latin1', 0, end);
      const rest = head.subarray(end + 4);
      if (!INTERIM.test(text)) return judge(text, rest, this.#key);
      head = rest;
    }
  }
}

function judge(head: string, rest: Buffer, key: string): UpgradeAnswer {
  const [statusLine = '', ...lines] = head.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(statusLine)?.[1];
  if (status === undefined) return { ok: false, kind: 'protocol-error' };
  if (status !== '101') return { ok: false, kind: `status-${Number(status)}` };
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) return { ok: false, kind: 'protocol-error' };
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    // RFC 9110 section 5.3: fields of one name are one list.
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  // RFC 6455 section 4.1, the client's checks 2 to 6; no extension or subprotocol was asked for.
  const upgraded =
    headers.get('upgrade')?.toLowerCase() === 'websocket' &&
    /(?:^|,)\s*upgrade\s*(?:,|$)/i.test(headers.get('connection') ?? '');
  if (!upgraded || headers.has('sec-websocket-extensions') || headers.has('sec-websocket-protocol'))
    return { ok: false, kind: 'protocol-error' };
  if (headers.get('sec-websocket-accept') !== acceptFor(key)) return { ok: false, kind: 'bad-accept' };
  return { ok: true, headers, rest };
}
