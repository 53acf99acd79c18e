import type { Socket } from 'node:net';
import type { Answer } from './answer.ts';
import type { AnswerBuffer } from './answer-buffer.ts';
import {
  closeCode,
  closeFrame,
  FIN,
  type FrameHeader,
  OPCODE,
  readHeader,
  serverFrame,
  unmask,
} from './frames.ts';
import { refusal, replyTo } from './handshake.ts';
import type { ServerStats } from './running.ts';

/** What all connections of one server share. */
export interface LeanContext {
  stats: ServerStats;
  /** Null: a plain echo. */
  answer: Answer | null;
  maxPayloadBytes: number;
  /** Where the answers to one read are put together: as large as a read. */
  answers: AnswerBuffer;
  /** @returns what is to be called with the close code when the connection has ended */
  log: ((socket: Socket) => (code: number) => void) | null;
}

const HEAD_MAX = 16_384;
/** A peer that broke the protocol may read its close frame for this long before it is cut. */
const LINGER_MS = 1000;

/** What Writable passes as the encoding of bytes; the types leave it out. */
const BUFFER = 'buffer' as string as BufferEncoding;

/** Filled by readHeader() for the frame at hand: parsing never waits in between, so one is enough. */
const header: FrameHeader = { first: 0, size: 0, length: 0 };

/** `closing`: our close frame is out, the peer's is awaited. `done`: what still comes is not looked at. */
type State = 'http' | 'open' | 'closing' | 'done';

/** A class, because there are tens of thousands of them: methods on a prototype cost them no memory. */
export class LeanConnection {
  private readonly socket: Socket;
  private readonly context: LeanContext;
  private state: State = 'http';
  private wasOpen = false;
  /** A request head, a frame header or a frame that has begun: `filled` bytes of it have come. */
  private partial: Buffer | null = null;
  private filled = 0;
  /** Payloads of a fragmented message (RFC 6455 section 5.4), the opcode's byte, and their size. */
  private fragments: { first: number; parts: Buffer[]; bytes: number } | null = null;
  /** Writes that the kernel has not taken yet. */
  private waiting = 0;
  private stopped = false;
  private code = 1006;
  private logClosed: ((code: number) => void) | null = null;

  constructor(socket: Socket, context: LeanContext) {
    this.socket = socket;
    this.context = context;
  }

  /**
   * Takes what the socket has read: the first `bytes` of the chunk, valid during the call.
   *
   * @returns false where the socket is to stop reading: answers wait for a peer that does not read
   */
  take(chunk: Buffer, bytes = chunk.length): boolean {
    if (this.state === 'http') this.readHead(chunk.subarray(0, bytes));
    else if (this.partial !== null) this.complete(this.partial, chunk.subarray(0, bytes));
    else this.readFrames(chunk, 0, bytes);
    this.stopped = this.waiting > 0;
    return !this.stopped;
  }

  /** Starts the closing handshake of a WebSocket, and cuts anything else. */
  goAway(): void {
    if (this.state === 'open') {
      this.state = 'closing';
      this.write(closeFrame(1001));
    } else if (this.state === 'http') {
      this.socket.destroySoon();
    }
  }

  ended(): void {
    if (!this.wasOpen) return;
    this.context.stats.connections.open--;
    this.state = 'done';
    this.logClosed?.(this.code);
  }

  private readHead(chunk: Buffer): void {
    let bytes = this.partial === null ? chunk : Buffer.concat([this.partial, chunk]);
    this.partial = null;
    while (this.state === 'http' && bytes.length > 0) {
      const end = bytes.indexOf('\r\n\r\n');
      if ((end < 0 ? bytes.length : end) > HEAD_MAX) {
        this.last(refusal('431 Request Header Fields Too Large').response);
        return;
      }
      if (end < 0) {
        this.partial = Buffer.from(bytes);
        return;
      }
      this.answerHead(bytes.toString('latin1', 0, end));
      bytes = bytes.subarray(end + 4);
    }
    if (this.state === 'open' && bytes.length > 0) this.readFrames(bytes, 0, bytes.length);
  }

  private answerHead(head: string): void {
    const { stats, log } = this.context;
    const reply = replyTo(head);
    if (reply.next !== 'open') stats.httpRequests++;
    if (reply.next === 'close') {
      this.last(reply.response);
      return;
    }
    this.write(reply.response);
    if (reply.next === 'next-request') return;
    this.state = 'open';
    this.wasOpen = true;
    stats.connections.open++;
    stats.connections.total++;
    this.logClosed = log?.(this.socket) ?? null;
  }

  /** The hot path. Echoes all complete frames of `from`..`to` in one write. */
  private readFrames(chunk: Buffer, from: number, to: number): void {
    const { answer, answers, maxPayloadBytes, stats } = this.context;
    let at = from;
    while (at < to && this.state !== 'done') {
      const fault = readHeader(chunk, at, to, maxPayloadBytes, header);
      const { first, size, length } = header;
      if (fault !== null || at + size + length > to) {
        this.flush();
        if (fault === null) this.keep(chunk, at, to, size + length);
        else if (fault === 'incomplete') this.keep(chunk, at, to, 0);
        else this.violation(fault);
        return;
      }
      const payload = at + size;
      at = payload + length;
      const whole = (first === 0x81 || first === 0x82) && this.fragments === null;
      if (whole && answer === null && this.state === 'open') {
        answers.echo(first, chunk, payload, length);
        stats.messages++;
        stats.bytes += length;
      } else {
        this.flush();
        unmask(chunk, payload, at, chunk.readInt32BE(payload - 4));
        this.frame(first, chunk.subarray(payload, at));
      }
    }
    this.flush();
  }

  private flush(): void {
    const { answers } = this.context;
    if (answers.length === 0) return;
    this.write(answers.bytes());
    answers.clear(this.waiting === 0);
  }

  /** Keeps the beginning of a frame; `size`: of the whole frame, or 0 where its header is not complete. */
  private keep(chunk: Buffer, from: number, to: number, size: number): void {
    this.filled = to - from;
    this.partial = Buffer.allocUnsafeSlow(Math.max(size, this.filled));
    chunk.copy(this.partial, 0, from, to);
  }

  private complete(partial: Buffer, chunk: Buffer): void {
    if (this.filled === partial.length) {
      this.partial = null;
      const joined = Buffer.concat([partial, chunk]);
      this.readFrames(joined, 0, joined.length);
      return;
    }
    const used = chunk.copy(partial, this.filled);
    this.filled += used;
    if (this.filled < partial.length) return;
    this.partial = null;
    this.readFrames(partial, 0, partial.length);
    if (used < chunk.length) this.readFrames(chunk, used, chunk.length);
  }

  /** Any frame that is not just echoed. */
  private frame(first: number, payload: Buffer): void {
    const opcode = first & 0x0f;
    if (opcode === OPCODE.close) this.closed(payload);
    else if (this.state !== 'open') return;
    else if (opcode === OPCODE.ping) this.write(serverFrame(FIN | OPCODE.pong, payload));
    else if (opcode !== OPCODE.pong) this.data(first, payload);
  }

  private data(first: number, payload: Buffer): void {
    const begins = (first & 0x0f) !== OPCODE.continuation;
    if (begins !== (this.fragments === null)) {
      this.violation(1002);
      return;
    }
    const message = this.fragments ?? { first: first | FIN, parts: [], bytes: 0 };
    // The next read takes the place of this one.
    message.parts.push(Buffer.from(payload));
    message.bytes += payload.length;
    if (message.bytes > this.context.maxPayloadBytes) {
      this.violation(1009);
      return;
    }
    this.fragments = first >= FIN ? null : message;
    if (first < FIN) return;
    const whole = Buffer.concat(message.parts);
    const send = (answer: Buffer) => this.send(message.first, answer, message.bytes);
    if (this.context.answer === null) send(whole);
    else this.context.answer(whole, send);
  }

  private send(first: number, payload: Buffer, receivedBytes: number): void {
    if (this.state !== 'open') return;
    this.context.stats.messages++;
    this.context.stats.bytes += receivedBytes;
    this.write(serverFrame(first, payload));
  }

  /** RFC 6455 section 5.5.1: a close frame is answered with its own code, and the server closes first. */
  private closed(payload: Buffer): void {
    const code = closeCode(payload);
    this.code = code ?? 1005;
    if (this.state === 'open') this.write(closeFrame(code));
    this.state = 'done';
    this.socket.destroySoon();
  }

  private violation(code: 1002 | 1009): void {
    this.code = code;
    this.last(this.state === 'open' ? closeFrame(code) : Buffer.alloc(0));
  }

  /** Sends the last bytes; reads on for a while, as a close with unread bytes would take them back (RST). */
  private last(bytes: Buffer): void {
    this.state = 'done';
    this.partial = null;
    this.fragments = null;
    this.socket.end(bytes);
    setTimeout(() => this.socket.destroy(), LINGER_MS).unref();
  }

  /**
   * Hands bytes to the kernel by way of the socket's _write, the documented hook below Writable: neither
   * its queue nor its turns of the microtask queue are needed, as libuv keeps the order of writes, and
   * nothing is read while one waits. One that the kernel takes at once has called back when it returns.
   */
  private write(bytes: Buffer): void {
    this.waiting++;
    this.socket._write(bytes, BUFFER, this.written);
  }

  private readonly written = (error?: Error | null): void => {
    this.waiting--;
    if (error) this.socket.destroy();
    else if (this.stopped && this.waiting === 0) {
      this.stopped = false;
      this.socket._read(0);
    }
  };
}
