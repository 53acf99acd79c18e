import type { QueueSample } from '../model/run.ts';
import { readConnectionMemory } from './memory.ts';
import { parseTcpMemory, parseTcpSockets, type TcpEnd, type TcpSocket } from './proc.ts';
import { readNow } from './read-now.ts';

type Queued = QueueSample['server'];
type Side = 'client' | 'proxyClient' | 'proxyServer' | 'server';

/** The ports by which a run's sockets are identified. */
export interface RunPorts {
  /** Ports to which the clients connect. */
  target: readonly number[];
  /** Ports of the echo servers; if there is no proxy, the same ports as `target`. */
  servers: readonly number[];
}

/** States of a TCP socket (enum in net/tcp_states.h). */
const ESTABLISHED = 1;
/** FIN_WAIT1, CLOSING and LAST_ACK: closed by this side, but not yet fully acknowledged by the peer. */
const CLOSING: readonly number[] = [4, 11, 9];

/** 127.0.0.1, where all servers of a run listen, in little-endian byte order. */
const LOOPBACK = '0100007F';

const PAGE_BYTES = 4096;

/** Reads the current queues of all sockets of a run. */
export function readQueues(
  ports: RunPorts,
  proxyPids: readonly number[],
  procfs = '/proc',
): Omit<QueueSample, 'atUs'> {
  const pages = parseTcpMemory(readNow(`${procfs}/net/sockstat`));
  return {
    proxyBytes: proxyPids.length === 0 ? null : readConnectionMemory(proxyPids, procfs).processBytes,
    tcpBytes: pages === null ? null : pages * PAGE_BYTES,
    ...queuesOf(readNow(`${procfs}/net/tcp`), ports),
  };
}

/**
 * Sums the queues for each component that owns sockets. A pure function. It also checks the address, because
 * a program that connects from another loopback address may use the same port.
 */
export function queuesOf(tcp: string, { target, servers }: RunPorts): Record<Side, Queued> {
  const toTarget = new Set(target);
  const toServer = new Set(servers);
  const isDirect = target.every((port) => toServer.has(port));
  const sums = { client: none(), proxyClient: none(), proxyServer: none(), server: none() };
  const isAt = ({ address, port }: TcpEnd, ports: ReadonlySet<number>) =>
    address === LOOPBACK && ports.has(port);
  const sideOf = ({ local, remote }: TcpSocket): Side | null => {
    if (isAt(local, toServer)) return 'server';
    if (isAt(local, toTarget)) return 'proxyClient';
    if (isAt(remote, toTarget)) return 'client';
    return isAt(remote, toServer) && !isDirect ? 'proxyServer' : null;
  };
  const seen = new Set<string>();
  for (const socket of parseTcpSockets(tcp)) {
    const side = sideOf(socket);
    const { local, remote } = socket;
    const name = `${local.address}:${local.port} ${remote.address}:${remote.port}`;
    // The kernel may list a socket twice if other sockets are opened while the file is read.
    if (side === null || seen.has(name)) continue;
    seen.add(name);
    const sum = sums[side];
    if (socket.state === ESTABLISHED) sum.open++;
    else if (CLOSING.includes(socket.state)) sum.closing++;
    else continue;
    sum.unsent += socket.unsent;
    sum.unread += socket.unread;
  }
  return sums;
}

function none(): Queued {
  return { open: 0, closing: 0, unread: 0, unsent: 0 };
}
