import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { BUFFER_TAIL, BUFFER_WORDS, COMPLETION, CQE_WORDS, OPCODE, SQE_WORDS } from './abi.ts';
import { ERRNO } from './errno.ts';
import type { Area, Kernel, RingMemory, ShutdownHow } from './kernel.ts';
import { SHUT } from './kernel.ts';

/** The other end of a simulated socket, and what the kernel knows about it. */
export interface SimulatedSocket {
  /** Bytes that the peer has sent and that have not been received. */
  incoming: Buffer;
  /** How the peer ended the connection: 0, or an error number; null if it has not. */
  peerEnd: number | null;
  /** How many bytes the socket accepts. */
  room: number;
  /** Error number with which the socket rejects what is sent; null if it does not. */
  sendError: number | null;
  /** What the peer has received. */
  outgoing: Buffer;
  shut: ShutdownHow | null;
  isClosed: boolean;
}

interface Request {
  fd: number;
  id: number;
  tag: number;
}

export interface Sizes {
  sqEntries: number;
  cqEntries: number;
  received: { count: number; size: number };
  sent: { count: number; size: number };
}

/** Addresses beyond 32 bits, like the kernel's. */
const RECEIVED_AT = 0x7f12_3456_7000;
const SENT_AT = 0x7f12_fffe_f000;
/** Start of the queues' indexes, so that they soon wrap around. */
const FIRST = 0xffff_fff0;

/**
 * Simulates Linux's side of a ring, with simulated sockets. It accepts only part of what is sent, runs out of buffers,
 * lets completions overflow, and reuses descriptors as soon as they are closed. It asserts that no request refers to a
 * closed descriptor.
 */
export class SimulatedKernel implements Kernel {
  readonly memory: RingMemory;
  readonly #sizes: Sizes;
  readonly #sockets = new Map<number, SimulatedSocket>();
  /** Requests that wait, by kind. */
  readonly #receiving = new Map<number, Request>();
  readonly #polling = new Map<number, Request>();
  readonly #connecting = new Map<number, Request>();
  readonly #overflow: number[][] = [];
  #sqHead = FIRST;
  #cqTail = FIRST;
  #buffersTaken = 0;
  /** Each wait for completions. This kernel does not wait: it handles what can be handled at once. */
  readonly waits: { waitNs: number; together: number }[] = [];
  /** How often completions did not fit into their queue, and how often there was no buffer. */
  overflows = 0;
  shortages = 0;

  constructor(sizes: Sizes) {
    this.#sizes = sizes;
    const queues = new Uint32Array(8).fill(0);
    const at = { sqTail: 0, sqFlags: 1, cqHead: 2, cqTail: 3, cqFlags: 4 };
    queues[at.sqTail] = FIRST;
    queues[at.cqHead] = FIRST;
    queues[at.cqTail] = FIRST;
    this.memory = {
      queues,
      at,
      sqes: new Uint32Array(sizes.sqEntries * SQE_WORDS),
      cqes: new Int32Array(sizes.cqEntries * CQE_WORDS),
      bufferRing: new Uint16Array(sizes.received.count * BUFFER_WORDS * 2),
      received: area(RECEIVED_AT, sizes.received),
      sent: area(SENT_AT, sizes.sent),
    };
  }

  /** Number of requests that wait. */
  get waiting(): number {
    return this.#receiving.size + this.#polling.size + this.#connecting.size;
  }

  /** Number of buffers that the kernel may use. */
  get buffers(): number {
    return ((this.memory.bufferRing[BUFFER_TAIL] ?? 0) - this.#buffersTaken) & 0xffff;
  }

  /** Opens a socket with the lowest free descriptor, as the system does. */
  socket(room: number): number {
    let fd = 3;
    while (this.#sockets.has(fd)) fd++;
    const bytes = { incoming: Buffer.alloc(0), outgoing: Buffer.alloc(0) };
    this.#sockets.set(fd, { ...bytes, room, peerEnd: null, sendError: null, shut: null, isClosed: false });
    return fd;
  }

  at(fd: number): SimulatedSocket {
    return this.#sockets.get(fd) ?? assert.fail(`descriptor ${fd} is closed`);
  }

  enter(count: number, waitNs: number | null, together: number): number {
    if (waitNs !== null) this.waits.push({ waitNs, together });
    const { sqes, queues, at } = this.memory;
    assert.equal(((queues[at.sqTail] ?? 0) - this.#sqHead) >>> 0, count);
    for (let i = 0; i < count; i++) {
      const entry = (this.#sqHead & (this.#sizes.sqEntries - 1)) * SQE_WORDS;
      this.#sqHead = (this.#sqHead + 1) >>> 0;
      this.#submit(sqes.slice(entry, entry + SQE_WORDS));
    }
    if (waitNs !== null) this.#work();
    return count;
  }

  send(fd: number, bytes: Buffer, from: number, to: number): number {
    const socket = this.at(fd);
    if (socket.shut !== null) return -constants.errno.EPIPE;
    if (socket.sendError !== null) return -socket.sendError;
    if (socket.peerEnd !== null && socket.peerEnd > 0) return -socket.peerEnd;
    const accepted = Math.min(to - from, socket.room);
    socket.room -= accepted;
    socket.outgoing = Buffer.concat([socket.outgoing, bytes.subarray(from, from + accepted)]);
    return accepted === 0 ? -ERRNO.EAGAIN : accepted;
  }

  shutdown(fd: number, how: ShutdownHow): void {
    this.at(fd).shut = how;
  }

  close(fd: number): void {
    const socket = this.at(fd);
    const requests = [this.#receiving, this.#polling, this.#connecting];
    assert.ok(!requests.some((each) => each.has(fd)), 'a request outlives its descriptor');
    socket.isClosed = true;
    this.#sockets.delete(fd);
  }

  #submit(sqe: Uint32Array): void {
    const [first = 0, fd = 0, , , low = 0, high = 0, bytes = 0] = sqe;
    const request = { fd, id: sqe[8] ?? 0, tag: sqe[9] ?? 0 };
    const opcode = first & 0xff;
    if (opcode === OPCODE.ASYNC_CANCEL) {
      this.#cancel(low, high, request);
      return;
    }
    this.at(fd);
    if (opcode === OPCODE.SEND) {
      const { address, bytes: memory, size } = this.memory.sent;
      const from = high * 2 ** 32 + low - address;
      assert.ok(from >= 0 && from % size === 0 && bytes <= size, 'sent from outside a slot');
      this.#complete(request, this.send(fd, memory, from, from + bytes));
    } else if (opcode === OPCODE.RECV) {
      assert.ok(!this.#receiving.has(fd), 'received twice at the same time');
      this.#receiving.set(fd, request);
    } else if (opcode === OPCODE.POLL_ADD) this.#polling.set(fd, request);
    else if (opcode === OPCODE.CONNECT) this.#connecting.set(fd, request);
    else assert.fail(`opcode ${opcode}`);
  }

  #cancel(id: number, tag: number, request: Request): void {
    for (const each of [this.#receiving, this.#polling, this.#connecting])
      for (const [fd, found] of each) {
        if (found.id !== id || found.tag !== tag) continue;
        each.delete(fd);
        this.#complete(found, -ERRNO.ECANCELED);
        this.#complete(request, 0);
        return;
      }
    this.#complete(request, -2);
  }

  #work(): void {
    while (this.#overflow.length > 0 && this.#hasSpace()) this.#post(this.#overflow.shift() ?? []);
    for (const [fd, request] of this.#connecting) {
      this.#connecting.delete(fd);
      this.#complete(request, -(this.at(fd).peerEnd ?? 0));
    }
    for (const [fd, request] of this.#receiving) this.#receive(fd, request);
    for (const [fd, request] of this.#polling) {
      const { room, peerEnd, shut } = this.at(fd);
      if (room === 0 && (peerEnd ?? 0) === 0 && shut !== SHUT.BOTH) continue;
      this.#polling.delete(fd);
      this.#complete(request, 4);
    }
  }

  #receive(fd: number, request: Request): void {
    const socket = this.at(fd);
    const end = (result: number, flags = 0) => {
      this.#receiving.delete(fd);
      this.#complete(request, result, flags);
    };
    while (socket.incoming.length > 0) {
      if (this.buffers === 0) {
        this.shortages++;
        end(-ERRNO.ENOBUFS);
        return;
      }
      const id = this.#takeBuffer();
      const { size } = this.#sizes.received;
      const bytes = socket.incoming.subarray(0, size);
      bytes.copy(this.memory.received.bytes, id * size);
      socket.incoming = socket.incoming.subarray(bytes.length);
      const flags = COMPLETION.BUFFER | (id << 16);
      if (!this.#hasSpace()) {
        end(bytes.length, flags);
        return;
      }
      this.#complete(request, bytes.length, flags | COMPLETION.MORE);
    }
    if (socket.peerEnd !== null) end(-socket.peerEnd);
    else if (socket.shut === SHUT.BOTH) end(0);
  }

  #takeBuffer(): number {
    const { bufferRing, received } = this.memory;
    const entry = (this.#buffersTaken & (received.count - 1)) * BUFFER_WORDS;
    this.#buffersTaken = (this.#buffersTaken + 1) & 0xffff;
    const words = new Uint32Array(bufferRing.buffer);
    const id = bufferRing[entry * 2 + 6] ?? 0;
    const address = (words[entry + 1] ?? 0) * 2 ** 32 + (words[entry] ?? 0);
    assert.equal(address, received.address + id * received.size);
    assert.equal(words[entry + 2], received.size);
    return id;
  }

  #hasSpace(): boolean {
    const { queues, at } = this.memory;
    return (this.#cqTail - (queues[at.cqHead] ?? 0)) >>> 0 < this.#sizes.cqEntries;
  }

  #complete({ id, tag }: Request, result: number, flags = 0): void {
    const words = [id, tag, result, flags];
    if (this.#hasSpace() && this.#overflow.length === 0) {
      this.#post(words);
      return;
    }
    this.overflows++;
    this.#overflow.push(words);
  }

  #post(words: number[]): void {
    const { cqes, queues, at } = this.memory;
    cqes.set(words, (this.#cqTail & (this.#sizes.cqEntries - 1)) * CQE_WORDS);
    this.#cqTail = (this.#cqTail + 1) >>> 0;
    queues[at.cqTail] = this.#cqTail;
  }
}

function area(address: number, { count, size }: { count: number; size: number }): Area {
  return { address, bytes: Buffer.alloc(count * size), count, size };
}
