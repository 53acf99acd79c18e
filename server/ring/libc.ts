import { dlopen, ptr, toArrayBuffer } from 'bun:ffi';
import { SystemError } from './errno.ts';

/** Functions of libc, called from Bun. Each returns a negative error number if it fails. */

const LONGS = ['i32', 'ptr', 'ptr', 'ptr', 'ptr', 'ptr', 'ptr'] as const;
const { symbols } = dlopen('libc.so.6', {
  syscall: { args: LONGS, returns: 'i32' },
  __errno_location: { args: [], returns: 'ptr' },
  mmap: { args: ['ptr', 'ptr', 'i32', 'i32', 'i32', 'ptr'], returns: 'ptr' },
  eventfd: { args: ['u32', 'i32'], returns: 'i32' },
  socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
  setsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'u32'], returns: 'i32' },
  bind: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
  listen: { args: ['i32', 'i32'], returns: 'i32' },
  getsockname: { args: ['i32', 'ptr', 'ptr'], returns: 'i32' },
  getpeername: { args: ['i32', 'ptr', 'ptr'], returns: 'i32' },
  send: { args: ['i32', 'ptr', 'ptr', 'i32'], returns: 'i32' },
  shutdown: { args: ['i32', 'i32'], returns: 'i32' },
  close: { args: ['i32'], returns: 'i32' },
  prctl: { args: ['i32', 'ptr', 'ptr', 'ptr', 'ptr'], returns: 'i32' },
});
const errno = new Int32Array(toArrayBuffer(symbols.__errno_location(), 0, 4));

/** Replaces −1 with the negative error number. */
function checked(result: number): number {
  return result < 0 ? -(errno[0] as number) : result;
}

const PROT_READ_WRITE = 3;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_ANONYMOUS = 0x20;
const MAP_POPULATE = 0x8000;
/** Upper limit of a process's addresses. If mmap fails, it returns a number above this limit. */
const ADDRESSES = 2 ** 56;

export interface Mapped {
  address: number;
  buffer: ArrayBuffer;
}

/**
 * Maps memory.
 *
 * @param fd descriptor of the ring whose memory is mapped, from `offset` on; null for private memory
 * @throws SystemError
 */
export function map(bytes: number, fd: number | null, offset = 0): Mapped {
  const flags = fd === null ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED | MAP_POPULATE;
  const address = symbols.mmap(0, bytes, PROT_READ_WRITE, flags, fd ?? -1, offset);
  if (address >= ADDRESSES) throw new SystemError('mmap', errno[0] as number);
  return { address, buffer: toArrayBuffer(address, 0, bytes) };
}

const SYS = { setup: 425, enter: 426, register: 427 } as const;

export function ioUringSetup(entries: number, params: Uint32Array): number {
  return checked(symbols.syscall(SYS.setup, entries, ptr(params), 0, 0, 0, 0));
}

export function ioUringEnter(
  fd: number,
  submit: number,
  complete: number,
  flags: number,
  argument: number,
  bytes: number,
): number {
  return checked(symbols.syscall(SYS.enter, fd, submit, complete, flags, argument, bytes));
}

export function ioUringRegister(fd: number, opcode: number, argument: Uint32Array, count: number): number {
  return checked(symbols.syscall(SYS.register, fd, opcode, ptr(argument), count, 0, 0));
}

const EFD_CLOEXEC = 0x80000;

export function makeEventFd(): number {
  return checked(symbols.eventfd(0, EFD_CLOEXEC));
}

const PR_SET_TIMERSLACK = 29;

/**
 * Reduces this thread's timer slack, the time by which the kernel may delay the end of a wait, from 50 µs to
 * 1 ns.
 */
export function setLeastTimerSlack(): void {
  symbols.prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
}

const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0x80000;

/** Creates a blocking stream socket, because io_uring does not wait for data on non-blocking sockets. */
export function makeSocket(family: number): number {
  return checked(symbols.socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

const one = new Int32Array([1]);

/** Switches a socket option on. */
export function switchOn(fd: number, level: number, option: number): number {
  return checked(symbols.setsockopt(fd, level, option, ptr(one), 4));
}

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;

/** Allows a socket to be bound to an address and port that a connection in TIME_WAIT still uses. */
export function allowReuse(fd: number): number {
  return switchOn(fd, SOL_SOCKET, SO_REUSEADDR);
}

export function bindTo(fd: number, address: Uint8Array): number {
  return checked(symbols.bind(fd, ptr(address), address.length));
}

export function listenOn(fd: number, backlog: number): number {
  return checked(symbols.listen(fd, backlog));
}

/** Size of a `struct sockaddr_storage`, in bytes. */
const ADDRESS_BYTES = 128;

/** Returns the `struct sockaddr` of a socket or of its peer; empty if there is none. */
export function addressOf(fd: number, end: 'own' | 'peer'): Buffer {
  const address = Buffer.alloc(ADDRESS_BYTES);
  const length = new Uint32Array([ADDRESS_BYTES]);
  const call = end === 'own' ? symbols.getsockname : symbols.getpeername;
  if (call(fd, ptr(address), ptr(length)) < 0) return Buffer.alloc(0);
  return address.subarray(0, length[0]);
}

const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

export function sendNow(fd: number, bytes: Buffer, from: number, to: number): number {
  return checked(symbols.send(fd, ptr(bytes) + from, to - from, MSG_DONTWAIT | MSG_NOSIGNAL));
}

export function shutdownSocket(fd: number, how: number): void {
  symbols.shutdown(fd, how);
}

export function closeFile(fd: number): void {
  symbols.close(fd);
}
