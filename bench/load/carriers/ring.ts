import { AddressBook, ipAddress } from '../../../server/ring/address.ts';
import { errorCode } from '../../../server/ring/errno.ts';
import { allowReuse, bindTo, closeFile, makeSocket, switchOn } from '../../../server/ring/libc.ts';
import { openRing } from '../../../server/ring/open-ring.ts';
import { RingConnection } from '../../../server/ring/ring-connection.ts';
import type { Carrier, CarrierEvents, OpenCarrier, Source } from './carrier.ts';

/** Carriers on io_uring, for TCP on Bun. */

const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;

/**
 * Creates a function that opens TCP carriers to the ports of `host`, an IP address.
 *
 * @throws SystemError if the system refuses io_uring
 */
export function ringTcp(host: string): OpenCarrier {
  const loop = openRing();
  const peers = new AddressBook();
  return (source, port, events) => {
    const { address, bytes, family } = peers.find(host, port);
    const fd = socketFrom(family, source);
    if (fd < 0) return new UnopenedCarrier(events, errorCode(-fd));
    const connection = new RingConnection(loop, fd, events);
    connection.connect(address, bytes);
    return connection;
  };
}

/**
 * Creates a socket, and binds it to `source` unless that is null. Returns a negative error number if this
 * fails.
 */
function socketFrom(family: number, source: Source | null): number {
  const fd = makeSocket(family);
  if (fd < 0) return fd;
  switchOn(fd, IPPROTO_TCP, TCP_NODELAY);
  if (source === null) return fd;
  allowReuse(fd);
  const bound = bindTo(fd, ipAddress(source.localAddress, source.localPort).bytes);
  if (bound === 0) return fd;
  closeFile(fd);
  return bound;
}

/**
 * A carrier whose socket could not be created or bound. It only reports the error, after the call that opens
 * the carrier has returned.
 */
class UnopenedCarrier implements Carrier {
  #isOver = false;

  constructor(events: CarrierEvents, code: string) {
    queueMicrotask(() => {
      if (!this.#isOver) events.error(code);
      this.#isOver = true;
    });
  }

  write(): boolean {
    return true;
  }

  pause(): void {}
  resume(): void {}

  end(): void {
    this.#isOver = true;
  }

  destroy(): void {
    this.#isOver = true;
  }
}
