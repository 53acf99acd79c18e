import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Problem } from '../model/failure.ts';

/** Address on which all processes of a run listen, unless the user chose another address. */
export const LOOPBACK = '127.0.0.1';

/** Lowest port to choose, because lower ports often belong to other services. */
const LEAST_PORT = 10_000;
const MOST_PORT = 65_535;
/** Number of ports to try for each port that is needed. */
const TRIES = 50;

/**
 * Finds distinct free ports that the kernel never picks for outgoing connections. No client can take such a port while
 * its server restarts, and a client that connects to the port in the meantime cannot connect to itself. If too few such
 * ports are free, any free ports are returned.
 *
 * @param range lowest and highest port for outgoing connections (ip_local_port_range)
 */
export async function portsOutside(
  [low, high]: readonly [number, number],
  host: string,
  count: number,
): Promise<number[]> {
  const [from, to] = low - LEAST_PORT >= MOST_PORT - high ? [LEAST_PORT, low - 1] : [high + 1, MOST_PORT];
  const size = to - from + 1;
  const ports: number[] = [];
  const start = Math.floor(Math.random() * size);
  for (let tried = 0; tried < Math.min(size, TRIES * count) && ports.length < count; tried++)
    ports.push(...(await freePorts(host, 1, from + ((start + tried) % size)).catch(() => [])));
  return ports.length < count ? freePorts(host, count) : ports;
}

/** @throws Problem('usage') if an address given with an option does not belong to this machine */
export async function requireOwnAddress(option: string, address: string): Promise<void> {
  await freePorts(address, 1).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EADDRNOTAVAIL') throw cause;
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    const names = own.filter(({ family }) => family === 'IPv4').map((each) => each.address);
    throw new Problem(
      'usage',
      `${option} ${address} is not an address of this machine. Use one of ${names.join(', ')}.`,
      { cause },
    );
  });
}

/** Whether something accepts connections on this address and port. */
export function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, host);
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}

/**
 * Finds distinct ports that are currently free on an address.
 *
 * @param wanted 0 for any free ports; otherwise the only port to try (`count` must be 1)
 * @throws the error of listen(), such as EADDRINUSE
 */
export async function freePorts(host: string, count: number, wanted = 0): Promise<number[]> {
  const servers: Server[] = [];
  try {
    const ports: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const server = createServer();
      servers.push(server);
      await new Promise<void>((done, fail) => server.once('error', fail).listen(wanted, host, done));
      ports.push((server.address() as AddressInfo).port);
    }
    return ports;
  } finally {
    await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  }
}
