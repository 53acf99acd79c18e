import { randomFillSync } from 'node:crypto';
import { HEAD_END, HEAD_MAX, readHeaders } from '../../../server/wire/http-head.ts';
import { acceptFor, upgrades } from '../../../server/wire/upgrade.ts';
import type { FailureKind } from '../../model/failure.ts';

const KEY_BYTES = 16;
const BEGINNING = 'HTTP/1.';
const STATUS = /HTTP\/1\.[01] (\d{3})(?= |\r)/y;

const entropy = Buffer.alloc(KEY_BYTES * 256);
let drawn = entropy.length;

/** Creates a fresh Sec-WebSocket-Key: 16 random bytes in base64 (RFC 6455 section 4.1). */
export function makeKey(): string {
  if (drawn === entropy.length) {
    randomFillSync(entropy);
    drawn = 0;
  }
  drawn += KEY_BYTES;
  return entropy.toString('base64', drawn - KEY_BYTES, drawn);
}

/**
 * Builds the upgrade request described in RFC 6455 section 4.1. Everything except the key comes from the plan
 * and contains no line breaks.
 */
export function upgradeRequest(
  host: string,
  path: string,
  key: string,
  headers: readonly { name: string; value: string }[] = [],
  subprotocols: readonly string[] = [],
): string {
  const more = headers.map(({ name, value }) => `${name}: ${value}\r\n`).join('');
  const offer = subprotocols.length === 0 ? '' : `Sec-WebSocket-Protocol: ${subprotocols.join(', ')}\r\n`;
  return (
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n${offer}${more}\r\n`
  );
}

/** Outcome of the upgrade: success with the response headers, or the kind of failure. */
export type UpgradeAnswer =
  | { ok: true; headers: Map<string, string>; rest: Buffer }
  | { ok: false; kind: FailureKind };

/** Parses the response to an upgrade request from chunks of any size. */
export class UpgradeReader {
  readonly #key: string;
  readonly #subprotocols: readonly string[];
  /** Data received so far, as Latin-1: one character per byte. */
  #text = '';

  constructor(key: string, subprotocols: readonly string[] = []) {
    this.#key = key;
    this.#subprotocols = subprotocols;
  }

  /**
   * Processes a chunk. Returns null until the response head is complete. `rest` is the data that follows the
   * head in the same chunk.
   */
  read(chunk: Buffer): UpgradeAnswer | null {
    const text = this.#text + chunk.toString('latin1');
    for (let from = 0; ; ) {
      if (!text.startsWith(BEGINNING, from) && !BEGINNING.startsWith(text.slice(from))) return PROTOCOL_ERROR;
      const end = text.indexOf(HEAD_END, from);
      if (end < 0) {
        if (text.length - from > HEAD_MAX) return PROTOCOL_ERROR;
        this.#text = text.slice(from);
        return null;
      }
      STATUS.lastIndex = from;
      const status = STATUS.exec(text)?.[1];
      if (status === undefined) return PROTOCOL_ERROR;
      if (status === '101') {
        const rest = chunk.subarray(end + HEAD_END.length - this.#text.length);
        return judge(readHeaders(text, from, end), rest, this.#key, this.#subprotocols);
      }
      // An interim response; another response follows (RFC 9110 section 15.2).
      if (status.startsWith('1')) from = end + HEAD_END.length;
      else return { ok: false, kind: `status-${Number(status)}` };
    }
  }
}

const PROTOCOL_ERROR: UpgradeAnswer = { ok: false, kind: 'protocol-error' };

/**
 * Performs checks 2 to 6 of those that RFC 6455 section 4.1 requires of clients. No extension was requested,
 * so the server must not select any. If subprotocols were requested, the server must select one of them, as
 * browsers also require.
 */
function judge(
  headers: Map<string, string> | null,
  rest: Buffer,
  key: string,
  subprotocols: readonly string[],
): UpgradeAnswer {
  if (headers === null || !upgrades(headers)) return PROTOCOL_ERROR;
  if (headers.has('sec-websocket-extensions')) return PROTOCOL_ERROR;
  if (headers.get('sec-websocket-accept') !== acceptFor(key)) return { ok: false, kind: 'bad-accept' };
  const chosen = headers.get('sec-websocket-protocol');
  const isOffered = chosen === undefined ? subprotocols.length === 0 : subprotocols.includes(chosen);
  if (!isOffered) return { ok: false, kind: 'bad-subprotocol' };
  return { ok: true, headers, rest };
}
