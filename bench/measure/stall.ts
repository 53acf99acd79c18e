import { counted } from '../model/recording.ts';
import type { QueueSample, Run } from '../model/run.ts';
import type { Action } from '../model/timeline.ts';
import { ratio } from './arithmetic.ts';

/**
 * Memory and data tied up by clients that stopped reading. Memory and queues are in bytes per stalled client,
 * at the moment when they were largest; null if unknown.
 */
export interface StallFigures {
  /** Number of clients that stopped reading. */
  clients: number;
  /** Growth compared to before the stall: the proxy's memory (proportional set size), and the machine's TCP buffers. */
  proxyBytes: number | null;
  tcpBytes: number | null;
  /** Growth in the servers' resident memory. */
  serverBytes: number | null;
  /** Data held in the kernel: unread by the client, unsent by the proxy, unread by the proxy, unsent by the server. */
  queued: { client: number; proxyClient: number; proxyServer: number; server: number } | null;
  /**
   * Number of connections that the proxy closed during the stall, and when the first and the last were found
   * closed, in µs since the stall began. Samples are taken once a second.
   */
  closed: { count: number; firstUs: number; lastUs: number } | null;
}

/** Derives the figures for the stall; null if no client stopped reading, or nothing was sampled. */
export function stallOf(run: Run): StallFigures | null {
  const startUs = doneAt(run, 'stall-clients');
  const clients = run.slices.reduce((sum, { counters }) => sum + counted(counters, 'stalled'), 0);
  if (startUs === null || clients === 0) return null;
  const endUs = doneAt(run, 'resume-clients') ?? Number.POSITIVE_INFINITY;
  const before = run.queues.findLast(({ atUs }) => atUs <= startUs);
  const during = run.queues.filter(({ atUs }) => atUs > startUs && atUs <= endUs);
  if (before === undefined || during.length === 0) return null;
  const each = (bytes: number | null): number | null =>
    bytes === null ? null : ratio(Math.max(0, bytes), clients);
  return {
    clients,
    proxyBytes: each(growthOf(before, during, 'proxyBytes')),
    tcpBytes: each(growthOf(before, during, 'tcpBytes')),
    serverBytes: each(serverGrowth(run, startUs, endUs)),
    queued: queuedOf(during, clients),
    closed: closedOf(before, during, startUs),
  };
}

/** Returns when an action of the run was performed, in µs since the run's epoch; null if it was not performed. */
export function doneAt({ timeline }: Run, kind: Action['kind']): number | null {
  return timeline.find(({ action, failure }) => action.kind === kind && failure === null)?.atUs ?? null;
}

function growthOf(
  before: QueueSample,
  during: readonly QueueSample[],
  of: 'proxyBytes' | 'tcpBytes',
): number | null {
  const known = during.flatMap((sample) => sample[of] ?? []);
  return before[of] === null || known.length === 0 ? null : Math.max(...known) - before[of];
}

/** Returns the growth in the servers' resident memory: peak during the stall minus last sample before it. */
function serverGrowth({ processes }: Run, startUs: number, endUs: number): number | null {
  const servers = processes.filter(({ component }) => component === 'server');
  const growths = servers.flatMap(({ samples }) => {
    const before = samples.findLast(({ atUs }) => atUs <= startUs);
    const during = samples.filter(({ atUs }) => atUs > startUs && atUs <= endUs);
    if (before === undefined || during.length === 0) return [];
    return [Math.max(...during.map(({ residentBytes }) => residentBytes)) - before.residentBytes];
  });
  return growths.length === 0 || growths.length < servers.length ? null : growths.reduce((a, b) => a + b, 0);
}

function queuedOf(during: readonly QueueSample[], clients: number): StallFigures['queued'] {
  const held = ({ client, proxyClient, proxyServer, server }: QueueSample) =>
    client.unread + proxyClient.unsent + proxyServer.unread + server.unsent;
  const [most] = during.toSorted((a, b) => held(b) - held(a));
  if (most === undefined) return null;
  return {
    client: most.client.unread / clients,
    proxyClient: most.proxyClient.unsent / clients,
    proxyServer: most.proxyServer.unread / clients,
    server: most.server.unsent / clients,
  };
}

/**
 * Counts connections that the proxy closed. No client connects during the stall, so a sample that shows fewer
 * connections than a later sample is incomplete: the kernel may omit a socket while other sockets open or
 * close.
 */
function closedOf(
  before: QueueSample,
  during: readonly QueueSample[],
  startUs: number,
): StallFigures['closed'] {
  const open = (from: number) => Math.max(...during.slice(from).map(({ proxyClient }) => proxyClient.open));
  const atEnd = open(during.length - 1);
  const first = during.find((_, index) => open(index) < before.proxyClient.open);
  const last = during.find((_, index) => open(index) === atEnd);
  if (first === undefined || last === undefined) return null;
  const count = before.proxyClient.open - atEnd;
  return { count, firstUs: first.atUs - startUs, lastUs: last.atUs - startUs };
}
