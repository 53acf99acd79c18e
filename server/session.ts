import { isUtf8 } from 'node:buffer';
import type { Answer } from './answer.ts';
import { rejection, replyTo } from './handshake.ts';
import type { ClientLog } from './log.ts';
import type { Member } from './rooms.ts';
import type { SessionContext } from './session-context.ts';
import { closeCodeOf } from './wire/close-code.ts';
import { FIN, headerBytes, OPCODE, writeHeader } from './wire/frame-header.ts';
import { type FrameFault, type FrameHandler, FrameReader } from './wire/frame-reader.ts';
import { HEAD_END, HEAD_MAX } from './wire/http-head.ts';
import { applyMask } from './wire/masking.ts';

/** The transport of a session: a socket or an equivalent. */
export interface Carrier {
  /**
   * Sends bytes, after those of earlier calls.
   *
   * @returns whether all bytes were sent; if not, the carrier still needs the buffer, which must not be
   * modified
   */
  send(bytes: Buffer): boolean;
  /** Number of bytes passed to `send` that the operating system has not accepted yet. */
  queuedBytes(): number;
  /** Closes the connection as soon as everything has been sent. */
  close(): void;
  /**
   * Closes the connection for writing as soon as everything has been sent, but keeps reading for a while.
   * Closing a connection with unread bytes would send a reset, and the peer might then lose the last data
   * that was sent to it.
   */
  linger(): void;
  /** The peer's address, for the log. */
  peer(): string;
}

/** `closing`: our close frame was sent, and the peer's is expected. `done`: further input is ignored. */
type State = 'http' | 'open' | 'closing' | 'done';

const TEXT = FIN | OPCODE.text;
const BINARY = FIN | OPCODE.binary;
const NO_PAYLOAD = Buffer.alloc(0);
const NORMAL_CLOSURE = 1000;
const GOING_AWAY = 1001;
const NO_CODE = 1005;
const ABNORMAL = 1006;

/**
 * The server's side of one connection, from the HTTP request to the closing handshake: bytes in, bytes out.
 * It uses no socket and no timer. It is a class because there are tens of thousands of sessions, and methods
 * on a prototype use no memory per session.
 */
export class Session implements FrameHandler, Member<Buffer> {
  private readonly carrier: Carrier;
  private readonly context: SessionContext;
  private state: State = 'http';
  /** The part of an incomplete request head received so far. */
  private head: Buffer | null = null;
  /** Reads the frames of the WebSocket; null until it is open. */
  private reader: FrameReader | null = null;
  private code = ABNORMAL;
  private log: ClientLog | null = null;
  private answered = 0;

  constructor(carrier: Carrier, context: SessionContext) {
    this.carrier = carrier;
    this.context = context;
  }

  /**
   * Processes received bytes: `from`..`to` of a chunk, which are valid and may be modified during the call.
   */
  take(chunk: Buffer, from = 0, to = chunk.length): void {
    if (this.state === 'done') return;
    if (this.reader === null) this.readHead(chunk.subarray(from, to));
    else this.readFrames(this.reader, chunk, from, to);
  }

  /** Sends a ping without waiting for the pong. */
  ping(): void {
    if (this.state !== 'open') return;
    this.say(FIN | OPCODE.ping, NO_PAYLOAD);
    this.flush();
  }

  /** Starts a WebSocket's closing handshake; closes a connection that is not a WebSocket yet. */
  goAway(): void {
    if (this.state === 'http') this.carrier.close();
    if (this.state !== 'open') return;
    this.startClosing(GOING_AWAY);
    this.flush();
  }

  private startClosing(code: number): void {
    this.state = 'closing';
    this.say(FIN | OPCODE.close, closePayload(code));
  }

  /**
   * Counts an answered message. Starts the closing handshake after the last message that `closeAfter` allows.
   */
  private noteAnswer(bytes: number): void {
    const { stats, closeAfter } = this.context;
    stats.messages++;
    stats.bytes += bytes;
    if (++this.answered === closeAfter) this.startClosing(NORMAL_CLOSURE);
  }

  /** To be called when the carrier has closed. */
  ended(): void {
    this.state = 'done';
    if (this.reader === null) return;
    this.context.stats.connections.open--;
    this.context.rooms?.leave(this);
    this.log?.disconnected(this.code);
  }

  private readHead(chunk: Buffer): void {
    let bytes = this.head === null ? chunk : Buffer.concat([this.head, chunk]);
    this.head = null;
    while (this.state === 'http' && bytes.length > 0) {
      const end = bytes.indexOf(HEAD_END);
      if ((end < 0 ? bytes.length : end) > HEAD_MAX) {
        this.last(rejection('431 Request Header Fields Too Large').response);
        return;
      }
      if (end < 0) {
        this.head = Buffer.from(bytes);
        return;
      }
      const next = end + HEAD_END.length;
      this.answerHead(bytes.toString('latin1', 0, next));
      bytes = bytes.subarray(next);
    }
    if (this.reader !== null) this.readFrames(this.reader, bytes, 0, bytes.length);
  }

  private answerHead(head: string): void {
    const { stats, log, maxPayloadBytes, closeAfter } = this.context;
    const reply = replyTo(head);
    if (reply.next !== 'open') stats.httpRequests++;
    if (reply.next === 'close') {
      this.last(reply.response);
      return;
    }
    this.carrier.send(reply.response);
    if (reply.next === 'next-request') return;
    this.state = 'open';
    this.reader = new FrameReader(maxPayloadBytes, true);
    stats.connections.open++;
    stats.connections.total++;
    this.log = log === null ? null : log(this.carrier.peer());
    if (closeAfter === 0) this.startClosing(NORMAL_CLOSURE);
  }

  private readFrames(reader: FrameReader, chunk: Buffer, from: number, to: number): void {
    const fault = reader.read(chunk, from, to, this);
    if (fault !== null) this.fail(fault);
    this.flush();
  }

  /** Implements FrameHandler. Hot path: all messages received in one read are echoed in a single write. */
  message(buffer: Buffer, from: number, to: number, text: boolean, key: number): void {
    if (this.state !== 'open') return;
    const { answer, answers } = this.context;
    const first = text ? TEXT : BINARY;
    if (answer !== null) {
      this.answerLater(answer, first, buffer, from, to, key);
      return;
    }
    if (!answers.append(first, buffer, from, to, key)) {
      this.fail(1007);
      return;
    }
    this.noteAnswer(to - from);
  }

  private answerLater(
    answer: Answer,
    first: number,
    buffer: Buffer,
    from: number,
    to: number,
    key: number,
  ): void {
    const payload = Buffer.from(buffer.subarray(from, to));
    const ascii = applyMask(payload, 0, payload.length, key);
    if (!ascii && first === TEXT && !isUtf8(payload)) {
      this.fail(1007);
      return;
    }
    this.log?.received(payload, first === TEXT);
    answer(payload, (answered) => {
      if (this.state !== 'open') return;
      const { rooms, stats } = this.context;
      const sent = rooms?.take(this, answered, (publication) => frameOf(first, publication)) ?? null;
      if (sent !== null) {
        stats.messages += sent;
        stats.bytes += payload.length * sent;
        return;
      }
      this.say(first, answered);
      this.noteAnswer(payload.length);
      this.flush();
    });
  }

  /** Implements Member. */
  queuedBytes(): number {
    return this.carrier.queuedBytes();
  }

  /** Implements Member. Earlier bytes have already been passed to the carrier, so the order is kept. */
  deliver(frame: Buffer): void {
    if (this.state === 'open') this.carrier.send(frame);
  }

  /** Implements FrameHandler. */
  control(opcode: number, payload: Buffer): void {
    if (this.state === 'done') return;
    if (opcode === OPCODE.close) this.closed(payload);
    else if (opcode === OPCODE.ping && this.state === 'open') this.say(FIN | OPCODE.pong, payload);
  }

  /**
   * Responds to a close frame with the same code. The server is then the first to close the TCP connection
   * (RFC 6455 section 5.5.1).
   */
  private closed(payload: Buffer): void {
    const code = closeCodeOf(payload);
    if (code === null || !isUtf8(payload.subarray(2))) {
      this.fail(code === null ? 1002 : 1007);
      return;
    }
    this.code = code;
    if (this.state === 'open') this.say(FIN | OPCODE.close, closePayload(code));
    this.state = 'done';
    this.flush();
    this.carrier.close();
  }

  /**
   * Fails the connection (RFC 6455 section 7.1.7) after replying to everything before the error. Code 1007
   * means that a text message, or the reason in a close frame, is not UTF-8 (section 8.1).
   */
  private fail(code: FrameFault | 1007): void {
    if (this.state === 'done') return;
    this.code = code;
    if (this.state === 'open') this.say(FIN | OPCODE.close, closePayload(code));
    this.state = 'done';
    this.flush();
    this.carrier.linger();
  }

  /** Sends the last bytes of a connection that is not a WebSocket, then closes it for writing. */
  private last(bytes: Buffer): void {
    this.state = 'done';
    this.carrier.send(bytes);
    this.carrier.linger();
  }

  private say(first: number, payload: Buffer): void {
    this.context.answers.append(first, payload, 0, payload.length, 0);
  }

  private flush(): void {
    const { answers } = this.context;
    if (answers.length > 0) answers.clear(this.carrier.send(answers.bytes()));
  }
}

/** Creates a separate frame, which several sessions can send. */
function frameOf(first: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafeSlow(headerBytes(payload.length) + payload.length);
  payload.copy(frame, writeHeader(frame, 0, first, payload.length, false));
  return frame;
}

/** Payload of a close frame; empty if there is no code (RFC 6455 section 7.4.1). */
function closePayload(code: number): Buffer {
  return code === NO_CODE ? Buffer.alloc(0) : Buffer.of(code >> 8, code & 0xff);
}
