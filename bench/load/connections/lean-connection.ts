import { closeCodeOf } from '../../../server/wire/close-code.ts';
import { OPCODE } from '../../../server/wire/frame-header.ts';
import { type FrameHandler, FrameReader } from '../../../server/wire/frame-reader.ts';
import { applyMask } from '../../../server/wire/masking.ts';
import type { FailureKind, FailureStage } from '../../model/failure.ts';
import type { Carrier, CarrierEvents, OpenCarrier, Source } from '../carriers/carrier.ts';
import { clientHeaderBytes, writeClientHeader } from '../wire/client-frame.ts';
import type { FrameWriter } from '../wire/frame-writer.ts';
import { makeKey, UpgradeReader, upgradeRequest } from '../wire/handshake.ts';
import {
  type Connection,
  type ConnectionContext,
  type ConnectionEvents,
  type Connector,
  kindOfEnd,
  kindOfError,
  NORMAL_CLOSURE,
} from './connection.ts';

const NO_PAYLOAD = Buffer.alloc(0);
const MESSAGE_MAX = 64 * 1024 * 1024;

/** Context shared by all lean connections of a worker. */
interface Shared extends ConnectionContext {
  writer: FrameWriter;
  openCarrier: OpenCarrier;
}

/**
 * Creates a connector that adds minimal overhead between the scenario and the carrier. Frames are parsed in
 * place in the read buffer and written into reused buffers.
 */
export function leanConnector(
  context: ConnectionContext,
  writer: FrameWriter,
  openCarrier: OpenCarrier,
): Connector {
  const shared: Shared = { ...context, writer, openCarrier };
  return (id, source, port, events) => new LeanConnection(shared, id, source, port, events);
}

/** Implements the WebSocket client protocol (RFC 6455) over a carrier. */
class LeanConnection implements Connection, CarrierEvents, FrameHandler {
  readonly #shared: Shared;
  readonly #id: number;
  readonly #events: ConnectionEvents;
  readonly #carrier: Carrier;
  stage: FailureStage = 'tcp';
  #ended = false;
  #closing = false;
  #upgrade: UpgradeReader | null = null;
  #reader: FrameReader | null = null;
  readonly #startUs: number;
  #tcpUs = 0;
  #tlsUs: number | null = null;
  #alpn: string | null = null;
  #resumed: boolean | null = null;
  /**
   * The buffer being written, if the carrier has not fully accepted it. Further messages are queued as a
   * range of sequence numbers.
   */
  #writing: Buffer | null = null;
  #heldFrom = 0;
  #held = 0;
  #heldFrames: Buffer | null = null;
  /** True if the carrier is to be ended once it has accepted all queued data. */
  #endWhenDrained = false;

  constructor(shared: Shared, id: number, source: Source | null, port: number, events: ConnectionEvents) {
    this.#shared = shared;
    this.#id = id;
    this.#events = events;
    this.#startUs = shared.clock();
    this.#carrier = shared.openCarrier(source, port, this);
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

  #sendFrame(frame: Buffer): void {
    if (this.#writing === null) this.#write(frame, frame.length);
    else this.#heldFrames = this.#heldFrames === null ? frame : Buffer.concat([this.#heldFrames, frame]);
  }

  sendBytes(bytes: Buffer, text: boolean): void {
    this.#sendFrame(clientFrame(text ? OPCODE.text : OPCODE.binary, bytes));
  }

  ping(): void {
    this.#sendFrame(clientFrame(OPCODE.ping, NO_PAYLOAD));
  }

  pause(): void {
    this.#carrier.pause();
  }

  resume(): void {
    this.#carrier.resume();
  }

  close(code: number): void {
    if (this.#ended || this.#closing) return;
    this.#closing = true;
    this.#sendFrame(clientFrame(OPCODE.close, Buffer.from([code >> 8, code & 0xff])));
  }

  destroy(): void {
    this.#ended = true;
    this.#carrier.destroy();
  }

  /** Implements CarrierEvents. */
  connected(): void {
    this.#tcpUs = this.#shared.clock() - this.#startUs;
    if (this.#shared.target.tls === null) this.#requestUpgrade();
    else this.stage = 'tls';
  }

  /** Implements CarrierEvents. */
  secured(alpn: string | null, resumed: boolean): void {
    this.#tlsUs = this.#shared.clock() - this.#startUs - this.#tcpUs;
    this.#alpn = alpn;
    this.#resumed = resumed;
    this.#requestUpgrade();
  }

  /** Implements CarrierEvents. */
  data(buffer: Buffer, from: number, to: number): void {
    if (this.#reader !== null) this.#frames(this.#reader, buffer, from, to);
    else this.#answer(buffer.subarray(from, to));
  }

  /** Implements CarrierEvents. Sends queued data now that the rest of a write has been accepted. */
  drained(): void {
    this.#release();
    const count = this.#held;
    const frames = this.#heldFrames;
    this.#held = 0;
    this.#heldFrames = null;
    if (count > 0) this.send(this.#heldFrom, count);
    if (frames !== null) this.#sendFrame(frames);
    if (this.#endWhenDrained && this.#writing === null) this.#carrier.end();
  }

  /** Implements CarrierEvents. */
  closed(): void {
    this.#gone(kindOfEnd(this.stage));
  }

  /** Implements CarrierEvents. */
  error(code: string | null): void {
    this.#gone(kindOfError(code, this.stage));
  }

  #requestUpgrade(): void {
    const { target } = this.#shared;
    const key = makeKey();
    this.stage = 'upgrade';
    const { host, headers, subprotocols = [] } = target.request ?? { host: target.host, headers: [] };
    this.#upgrade = new UpgradeReader(key, subprotocols);
    const request = Buffer.from(upgradeRequest(host, target.path, key, headers, subprotocols), 'latin1');
    this.#write(request, request.length);
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
    this.#events.opened(
      { tcpUs: this.#tcpUs, tlsUs: this.#tlsUs, upgradeUs },
      {
        alpn: this.#alpn,
        proxyWorker: answer.headers.get('x-bench-worker') ?? null,
        upstream: answer.headers.get('x-bench-upstream') ?? null,
        ...(this.#resumed === null ? {} : { resumed: this.#resumed }),
      },
    );
    if (answer.rest.length > 0) this.#frames(this.#reader, answer.rest, 0, answer.rest.length);
  }

  #frames(reader: FrameReader, buffer: Buffer, from: number, to: number): void {
    const error = reader.read(buffer, from, to, this);
    if (error !== null) this.#fail('protocol-error');
    else if (!this.#ended) this.#events.batchEnd();
  }

  /** Implements FrameHandler. */
  message(buffer: Buffer, from: number, to: number, text: boolean): void {
    if (!this.#ended) this.#events.message(buffer, from, to, text);
  }

  /** Implements FrameHandler. Handles a control frame (RFC 6455 section 5.5). */
  control(opcode: number, payload: Buffer): void {
    if (this.#ended) return;
    if (opcode === OPCODE.pong) {
      this.#events.pong();
      return;
    }
    if (opcode === OPCODE.ping) {
      this.#sendFrame(clientFrame(OPCODE.pong, payload));
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
    this.#sendFrame(clientFrame(OPCODE.close, payload.subarray(0, 2)));
    if (code === NORMAL_CLOSURE && this.#shared.serverCloses === true) {
      // Waits for the server, which closes TCP first (RFC 6455 section 7.1.1).
      this.#closing = true;
      return;
    }
    this.#fail(`closed-${code}`, false);
  }

  #write(buffer: Buffer, bytes: number): void {
    this.#writing = buffer;
    if (this.#carrier.write(buffer, bytes)) this.#release();
  }

  #release(): void {
    if (this.#writing !== null) this.#shared.writer.release(this.#writing);
    this.#writing = null;
  }

  /** Handles the end of the carrier's connection. */
  #gone(kind: FailureKind): void {
    if (this.#closing) this.#end();
    else this.#fail(kind);
  }

  /** Completes the closing handshake. The server closes TCP first (RFC 6455 section 7.1.1). */
  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#carrier.destroy();
    this.#events.closed();
  }

  #fail(kind: FailureKind, abrupt = true): void {
    if (this.#ended) return;
    this.#ended = true;
    if (abrupt) this.#carrier.destroy();
    else if (this.#writing === null) this.#carrier.end();
    else this.#endWhenDrained = true;
    this.#events.failed(this.stage, kind);
  }
}

function clientFrame(opcode: number, payload: Buffer): Buffer {
  // The first four characters are the mask.
  const mask = Buffer.from(makeKey(), 'latin1');
  const frame = Buffer.allocUnsafe(clientHeaderBytes(payload.length) + payload.length);
  const from = writeClientHeader(frame, 0, opcode, payload.length, mask);
  payload.copy(frame, from);
  applyMask(frame, from, frame.length, mask.readInt32BE());
  return frame;
}
