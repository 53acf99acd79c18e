/** Opcodes of RFC 6455 section 5.2. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** What a reader tells of the frames it finds. `buffer` is only valid during the call. */
export interface FrameHandler {
  /** A whole message, put together from its fragments. */
  message(buffer: Buffer, from: number, to: number, text: boolean): void;
  /** A ping, pong or close with its payload of at most 125 bytes. */
  control(opcode: number, payload: Buffer): void;
}

/** Why bytes are no frames that a client may receive; `code` is that of RFC 6455 section 7.4.1. */
export interface FrameError {
  code: 1002 | 1009;
  reason: string;
}

/** Bytes of the header in front of a payload that a client sends: 2, 4 or 10, and 4 of mask. */
export function clientHeaderBytes(payloadBytes: number): number {
  return payloadBytes < 126 ? 6 : payloadBytes < 65_536 ? 8 : 14;
}

/** Writes the header of a masked, final frame at `at`; returns where the payload begins. */
export function writeClientHeader(
  target: Buffer,
  at: number,
  opcode: number,
  payloadBytes: number,
  mask: Uint8Array,
): number {
  let end = at;
  target[end++] = 0x80 | opcode;
  if (payloadBytes < 126) target[end++] = 0x80 | payloadBytes;
  else if (payloadBytes < 65_536) {
    target[end++] = 0x80 | 126;
    target[end++] = payloadBytes >>> 8;
    target[end++] = payloadBytes & 0xff;
  } else {
    target[end++] = 0x80 | 127;
    end = target.writeUInt32BE(Math.floor(payloadBytes / 2 ** 32), end);
    end = target.writeUInt32BE(payloadBytes >>> 0, end);
  }
  for (let i = 0; i < 4; i++) target[end++] = mask[i] ?? 0;
  return end;
}

/**
 * The code in a close frame's payload, 1005 where there is none; null where it is none that may be sent
 * (RFC 6455 sections 5.5.1 and 7.4; 1012 to 1014 are registered with IANA).
 */
export function closeCodeOf(payload: Buffer): number | null {
  if (payload.length === 0) return 1005;
  const code = payload.length === 1 ? 0 : payload.readUInt16BE(0);
  const defined = code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
  return defined || (code >= 3000 && code <= 4999) ? code : null;
}

const HEADER_MAX = 10;

/**
 * Reads the frames that a server sends, from chunks cut anywhere. A frame that lies whole within a chunk
 * is handed on where it lies; only what is cut by the end of a chunk is copied.
 */
export class FrameReader {
  readonly #maxBytes: number;
  /** Beginning of a frame that its chunk did not end: header first, then room for the whole frame. */
  #partial: Buffer | null = null;
  #partialBytes = 0;
  /** Fragments of a message, and its opcode; 0 between messages. */
  #fragments: Buffer[] | null = null;
  #fragmented = 0;
  /** What #frame found when it met an error. */
  #error: FrameError | null = null;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Reads chunk[from..to); null, or why the connection must be failed. Nothing is read after an error. */
  read(chunk: Buffer, from: number, to: number, handler: FrameHandler): FrameError | null {
    let at = from;
    if (this.#partial !== null) {
      at = this.#complete(chunk, at, to, handler);
      if (this.#error !== null) return this.#error;
    }
    while (at < to) {
      const end = this.#frame(chunk, at, to, handler);
      if (this.#error !== null) return this.#error;
      if (end < 0) {
        this.#keep(chunk, at, to, -end);
        return null;
      }
      at = end;
    }
    return null;
  }

  /**
   * Handles the frame at `at` if it is whole and returns its end; else returns minus the bytes that it
   * will have (minus HEADER_MAX while the header itself is cut).
   */
  #frame(buffer: Buffer, at: number, to: number, handler: FrameHandler): number {
    if (to - at < 2) return -HEADER_MAX;
    const first = buffer[at] ?? 0;
    const second = buffer[at + 1] ?? 0;
    let header = 2;
    let bytes = second & 0x7f;
    if (bytes === 126) {
      header = 4;
      if (to - at < header) return -HEADER_MAX;
      bytes = ((buffer[at + 2] ?? 0) << 8) | (buffer[at + 3] ?? 0);
    } else if (bytes === 127) {
      header = 10;
      if (to - at < header) return -HEADER_MAX;
      bytes = buffer.readUInt32BE(at + 2) * 2 ** 32 + buffer.readUInt32BE(at + 6);
    }
    if (!this.#valid(first, second, header, bytes)) return at;
    const end = at + header + bytes;
    if (end > to) return -(header + bytes);
    this.#deliver(first, buffer, at + header, end, handler);
    return end;
  }

  /** RFC 6455 sections 5.2, 5.4 and 5.5; no extension was negotiated, and a server does not mask. */
  #valid(first: number, second: number, header: number, bytes: number): boolean {
    const opcode = first & 0x0f;
    const control = opcode >= 8;
    if (first & 0x70) return this.#fail(1002, 'a reserved bit is set');
    if (second & 0x80) return this.#fail(1002, 'a frame from the server is masked');
    if (opcode > OPCODE.pong || (opcode > OPCODE.binary && opcode < OPCODE.close))
      return this.#fail(1002, `opcode ${opcode} is not defined`);
    if (control && (!(first & 0x80) || bytes > 125))
      return this.#fail(1002, 'a control frame is fragmented or longer than 125 bytes');
    if (!control && (opcode === OPCODE.continuation) !== (this.#fragments !== null))
      return this.#fail(1002, 'fragments and whole messages are mixed up');
    if ((header === 4 && bytes < 126) || (header === 10 && bytes < 65_536))
      return this.#fail(1002, 'a length is not in its shortest form');
    if (bytes > this.#maxBytes) return this.#fail(1009, `a frame of ${bytes} bytes is too large`);
    return true;
  }

  #deliver(first: number, buffer: Buffer, from: number, to: number, handler: FrameHandler): void {
    const opcode = first & 0x0f;
    const final = (first & 0x80) !== 0;
    if (opcode >= 8) handler.control(opcode, buffer.subarray(from, to));
    else if (final && this.#fragments === null) handler.message(buffer, from, to, opcode === OPCODE.text);
    else this.#collect(opcode, final, buffer, from, to, handler);
  }

  #collect(
    opcode: number,
    final: boolean,
    buffer: Buffer,
    from: number,
    to: number,
    handler: FrameHandler,
  ): void {
    if (this.#fragments === null) {
      this.#fragments = [];
      this.#fragmented = opcode;
    }
    const fragments = this.#fragments;
    fragments.push(Buffer.from(buffer.subarray(from, to)));
    if (fragments.reduce((sum, fragment) => sum + fragment.length, 0) > this.#maxBytes) {
      this.#fail(1009, 'a fragmented message is too large');
      return;
    }
    if (!final) return;
    const whole = Buffer.concat(fragments);
    this.#fragments = null;
    handler.message(whole, 0, whole.length, this.#fragmented === OPCODE.text);
  }

  #keep(chunk: Buffer, from: number, to: number, frameBytes: number): void {
    this.#partial = Buffer.allocUnsafe(frameBytes);
    this.#partialBytes = chunk.copy(this.#partial, 0, from, to);
  }

  /** Fills the frame that was cut, from the chunk that follows; returns where the next frame begins. */
  #complete(chunk: Buffer, from: number, to: number, handler: FrameHandler): number {
    let at = from;
    while (this.#partial !== null && at < to) {
      const partial = this.#partial;
      // One byte at a time while the header is cut: its length is not known yet, and it is short.
      const wanted = partial.length === HEADER_MAX ? 1 : partial.length - this.#partialBytes;
      const copied = chunk.copy(partial, this.#partialBytes, at, Math.min(to, at + wanted));
      at += copied;
      this.#partialBytes += copied;
      const filled = this.#partialBytes;
      const end = this.#frame(partial, 0, filled, handler);
      if (this.#error !== null) return at;
      if (end >= 0) this.#partial = null;
      else if (partial.length !== -end) this.#keep(partial, 0, filled, -end);
    }
    return at;
  }

  #fail(code: FrameError['code'], reason: string): false {
    this.#error = { code, reason };
    return false;
  }
}
