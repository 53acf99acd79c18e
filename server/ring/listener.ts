import { FAMILY, portOf, type SocketAddress } from './address.ts';
import { ERRNO, SystemError } from './errno.ts';
import { allowReuse, bindTo, closeFile, listenOn, makeSocket, switchOn } from './libc.ts';
import { OPERATION, type Operation, type RingUser } from './ring.ts';
import type { RingLoop } from './ring-loop.ts';

const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;

/** How long to wait before accepting again after an error, such as too many open files. */
const RETRY_MS = 10;

/** Accepts connections on a ring. */
export class RingListener implements RingUser {
  readonly id: number;
  /** TCP port; 0 if the listener uses a Unix-domain socket. */
  readonly port: number;
  readonly #loop: RingLoop;
  readonly #fd: number;
  readonly #accepted: (fd: number) => void;
  #isStopped = false;

  /**
   * @param accepted called with the descriptor of each new connection
   * @throws SystemError such as EADDRINUSE
   */
  constructor(loop: RingLoop, address: SocketAddress, backlog: number, accepted: (fd: number) => void) {
    this.#loop = loop;
    this.#accepted = accepted;
    this.#fd = listening(address, backlog);
    this.port = address.family === FAMILY.unix ? 0 : portOf(this.#fd);
    this.id = loop.ring.attach(this);
    this.#accept();
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#loop.ring.cancel(this.id, OPERATION.accept);
    this.#loop.wake();
  }

  /** Implements RingUser. */
  completed(operation: Operation, result: number, _from: number, more: boolean): void {
    if (operation !== OPERATION.accept) return;
    if (result >= 0) {
      if (this.#isStopped) closeFile(result);
      else this.#accepted(result);
    }
    if (more) return;
    if (result >= 0 || result === -ERRNO.ECANCELED) this.#accept();
    else setTimeout(() => this.#accept(), RETRY_MS);
  }

  /** Implements RingUser. */
  submit(): void {}

  #accept(): void {
    if (this.#isStopped) {
      this.#loop.ring.detach(this.id);
      closeFile(this.#fd);
      return;
    }
    this.#loop.ring.accept(this.id, this.#fd);
    this.#loop.wake();
  }
}

/** Creates the listening socket. It has TCP_NODELAY set, which accepted connections inherit. */
function listening({ family, bytes }: SocketAddress, backlog: number): number {
  const fd = makeSocket(family);
  const isTcp = family !== FAMILY.unix;
  const steps = [
    () => fd,
    () => (isTcp ? allowReuse(fd) : 0),
    () => (isTcp ? switchOn(fd, IPPROTO_TCP, TCP_NODELAY) : 0),
    () => bindTo(fd, bytes),
    () => listenOn(fd, backlog),
  ];
  const failure = steps.reduce((result, step) => (result < 0 ? result : step()), 0);
  if (failure >= 0) return fd;
  if (fd >= 0) closeFile(fd);
  throw new SystemError('listen', -failure);
}
