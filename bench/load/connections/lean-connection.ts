import net from 'node:net';
import tls from 'node:tls';
import { closeCodeOf } from '../../../server/wire/close-code.ts';
import { OPCODE } from '../../../server/wire/frame-header.ts';
import { FrameReader } from '../../../server/wire/frame-reader.ts';
import type { FailureKind, FailureStage } from '../../model/failure.ts';
import { writeClientHeader } from '../wire/client-frame.ts';
import type { FrameWriter } from '../wire/frame-writer.ts';
import { makeKey, UpgradeReader, upgradeRequest } from '../wire/handshake.ts';
import {
  type Connection,
  type ConnectionContext,
  type ConnectionEvents,
  type Connector,
  kindOfEnd,
  kindOfError,
  type Source,
  TRUST,
} from './connection.ts';

const READ_BUFFER_BYTES = 65_536;
const MESSAGE_MAX = 64 * 1024 * 1024;

/**
 * What a lean socket is made with. The last four `net.Socket` sets itself, to these values, in its own copy
 * of the options. Where they are there from the start all copies have one shape; else V8 of Node 20 gives
 * every copy a shape of its own, and looking up the two dozen options of a stream costs as much as all else.
 */
function socketOptions(onread: net.OnReadOpts): net.SocketConstructorOpts {
  // In a variable: `onread` is documented for the constructor, but missing in its types.
  const options = { onread, allowHalfOpen: false, emitClose: false, autoDestroy: true, decodeStrings: false };
  return options;
}

/** What all lean connections of a worker share. */
interface Shared extends ConnectionContext {
  writer: FrameWriter;
  /** Each read lands here and is used up before the next: a buffer for the worker, not one per connection. */
  readBuffer: Buffer;
  secureContext: tls.SecureContext | undefined;
}

/**
 * A connector for WebSockets over `net` and `tls` sockets with as little as possible between the
 * scenario and the system: reads through `onread` into one shared buffer, frames parsed where they lie,
 * writes handed over without the stream's queue.
 */
export function leanConnector(context: ConnectionContext, writer: FrameWriter): Connector {
  const { target } = context;
  const shared: Shared = {
    ...context,
    writer,
    readBuffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
    secureContext: target.tls === null ? undefined : tls.createSecureContext(),
  };
  return (id, source, targetPort, events) => new LeanConnection(shared, id, source, targetPort, events);
}

class LeanConnection implements Connection {
  readonly #shared: Shared;
  readonly #id: number;
  readonly #events: ConnectionEvents;
  readonly #socket: net.Socket;
  stage: FailureStage = 'tcp';
  #ended = false;
  #closing = false;
  #upgrade: UpgradeReader | null = null;
  #reader: FrameReader | null = null;
  readonly #startUs: number;
  #tcpUs = 0;
  #tlsUs: number | null = null;
  /** The system has not taken the last write whole: what is sent meanwhile waits as a range of sequences. */
  #writing: Buffer | null = null;
  #heldFrom = 0;
  #held = 0;
  #heldControl: Buffer | null = null;

  constructor(
    shared: Shared,
    id: number,
    source: Source | null,
    targetPort: number,
    events: ConnectionEvents,
  ) {
    this.#shared = shared;
    this.#id = id;
    this.#events = events;
    this.#startUs = shared.clock();
    this.#socket = this.#connect(source, targetPort);
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#gone(kindOfError(error, this.stage)));
    this.#socket.on('close', () => this.#gone(kindOfEnd(this.stage)));
  }

  send(sequence: number, count: number): void {
    if (this.#writing !== null) {
      if (this.#held === 0) this.#heldFrom = sequence;
      this.#held += count;
      return;
    }
    const { writer } = this.#shared;
    const buffer = writer.write(this.#id, sequence, count);
    this.#write(buffer, writer.writtenBytes);
  }

  #sendControl(frame: Buffer): void {
    if (this.#writing === null) this.#write(frame, frame.length);
    else this.#heldControl = this.#heldControl === null ? frame : Buffer.concat([this.#heldControl, frame]);
  }

  close(): void {
    if (this.#ended || this.#closing) return;
    this.#closing = true;
    this.#sendControl(controlFrame(OPCODE.close, Buffer.from([0x03, 0xe8])));
  }

  destroy(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  #connect(source: Source | null, port: number): net.Socket {
    const { target, readBuffer, secureContext } = this.#shared;
    const onread = {
      buffer: readBuffer,
      callback: (bytes: number, buffer: Uint8Array) => this.#read(bytes, buffer as Buffer),
    };
    if (target.tls === null) {
      const socket = new net.Socket(socketOptions(onread));
      socket.setNoDelay(true);
      return socket.connect(
        source === null
          ? { host: target.host, port }
          : { host: target.host, port, localAddress: source.localAddress, localPort: source.localPort },
        () => this.#tcpConnected(),
      );
    }
    const options = { host: target.host, port, noDelay: true, ...source, onread };
    const socket = tls.connect({
      ...options,
      secureContext,
      servername: target.tls.servername,
      ALPNProtocols: ['http/1.1'],
      ...TRUST,
    });
    socket.once('connect', () => {
      // `tls.connect` does not hand the option on.
      socket.setNoDelay(true);
      this.#tcpConnected();
    });
    socket.once('secureConnect', () => {
      this.#tlsUs = this.#shared.clock() - this.#startUs - this.#tcpUs;
      this.#requestUpgrade();
    });
    return socket;
  }

  #tcpConnected(): void {
    this.#tcpUs = this.#shared.clock() - this.#startUs;
    if (this.#shared.target.tls === null) this.#requestUpgrade();
    else this.stage = 'tls';
  }

  #requestUpgrade(): void {
    const { target } = this.#shared;
    const key = makeKey();
    this.stage = 'upgrade';
    this.#upgrade = new UpgradeReader(key);
    const request = Buffer.from(upgradeRequest(target.host, target.path, key), 'latin1');
    this.#write(request, request.length);
  }

  #read(bytes: number, buffer: Buffer): boolean {
    if (this.#ended) return false;
    if (this.#reader !== null) this.#frames(this.#reader, buffer, 0, bytes);
    else this.#answer(buffer.subarray(0, bytes));
    return true;
  }

  #answer(chunk: Buffer): void {
    const answer = this.#upgrade?.read(chunk) ?? null;
    if (answer === null) return;
    if (!answer.ok) {
      this.#fail(answer.kind);
      return;
    }
    const upgradeUs = this.#shared.clock() - this.#startUs - this.#tcpUs - (this.#tlsUs ?? 0);
    this.#upgrade = null;
    this.stage = 'open';
    this.#reader = new FrameReader(MESSAGE_MAX);
    const alpn = this.#socket instanceof tls.TLSSocket ? this.#socket.alpnProtocol || null : null;
    this.#events.opened(
      { tcpUs: this.#tcpUs, tlsUs: this.#tlsUs, upgradeUs },
      {
        alpn,
        nginxWorker: answer.headers.get('x-bench-worker') ?? null,
        upstream: answer.headers.get('x-bench-upstream') ?? null,
      },
    );
    if (answer.rest.length > 0) this.#frames(this.#reader, answer.rest, 0, answer.rest.length);
  }

  #frames(reader: FrameReader, buffer: Buffer, from: number, to: number): void {
    const error = reader.read(buffer, from, to, this);
    if (error !== null) this.#fail('protocol-error');
    else if (!this.#ended) this.#events.batchEnd();
  }

  /** FrameHandler: called by the reader. */
  message(buffer: Buffer, from: number, to: number, text: boolean): void {
    if (!this.#ended) this.#events.message(buffer, from, to, text);
  }

  /** FrameHandler: called by the reader. RFC 6455 section 5.5. */
  control(opcode: number, payload: Buffer): void {
    if (this.#ended || opcode === OPCODE.pong) return;
    if (opcode === OPCODE.ping) {
      this.#sendControl(controlFrame(OPCODE.pong, payload));
      return;
    }
    if (this.#closing) {
      this.#end();
      return;
    }
    const code = closeCodeOf(payload);
    if (code === null) {
      this.#fail('protocol-error');
      return;
    }
    this.#sendControl(controlFrame(OPCODE.close, payload.subarray(0, 2)));
    this.#fail(`closed-${code}`, false);
  }

  /**
   * Hands a buffer to the system. `_write` is the hook that a stream's implementer gives: called here
   * without the queue in front of it, whose bookkeeping and deferred callback cost more than the frame.
   * What the queue is for, one write at a time, is kept by `#writing`.
   */
  #write(buffer: Buffer, bytes: number): void {
    this.#writing = buffer;
    const chunk = buffer.length === bytes ? buffer : buffer.subarray(0, bytes);
    this.#socket._write(chunk, 'buffer' as BufferEncoding, this.#written);
  }

  /** Called within `#write` where the system takes the bytes at once. */
  readonly #written = (error?: Error | null): void => {
    if (this.#writing !== null) this.#shared.writer.release(this.#writing);
    this.#writing = null;
    if (error) this.#fail(kindOfError(error, this.stage));
    else if (this.#held > 0 || this.#heldControl !== null) this.#sendHeld();
  };

  #sendHeld(): void {
    if (this.#socket.destroyed) return;
    const count = this.#held;
    const control = this.#heldControl;
    this.#held = 0;
    this.#heldControl = null;
    if (count > 0) this.send(this.#heldFrom, count);
    if (control !== null) this.#sendControl(control);
  }

  /** The socket is closed, or about to be. */
  #gone(kind: FailureKind): void {
    if (this.#closing) this.#end();
    else this.#fail(kind);
  }

  /** The closing handshake that we began is over; the server closes TCP first (RFC 6455 section 7.1.1). */
  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.destroy();
    this.#events.closed();
  }

  #fail(kind: FailureKind, abrupt = true): void {
    if (this.#ended) return;
    this.#ended = true;
    if (abrupt) this.#socket.destroy();
    else this.#socket.destroySoon();
    this.#events.failed(this.stage, kind);
  }
}

function controlFrame(opcode: number, payload: Buffer): Buffer {
  const mask = Buffer.from(makeKey().slice(0, 4), 'latin1');
  const frame = Buffer.allocUnsafe(6 + payload.length);
  const from = writeClientHeader(frame, 0, opcode, payload.length, mask);
  for (let i = 0; i < payload.length; i++) frame[from + i] = (payload[i] ?? 0) ^ (mask[i & 3] ?? 0);
  return frame;
}
