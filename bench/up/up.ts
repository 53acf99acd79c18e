import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../model/failure.ts';
import type { RunPlan } from '../model/plan.ts';
import { makeCertificate } from '../topology/certificate.ts';
import type { VariantProxy } from '../topology/driver.ts';
import { freePorts, requireOwnAddress } from '../topology/ports.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import { startServers } from '../topology/servers.ts';
import { directTarget, type StartedTarget } from '../topology/target.ts';
import { atWorkplace } from '../topology/workplace.ts';
import { makeSite, writeTopology } from './site.ts';
import type { Standing } from './standing.ts';

/** The echo servers' reply. */
export type Reply = 'you-said' | 'echo';

/** The topology to keep running. */
export interface UpInput {
  /** Name and title of the variant. */
  name: string;
  title: string;
  plan: Pick<RunPlan, 'servers' | 'engine' | 'proxy'> & { server: 'lean' | 'ws' };
  /** The proxy to put in front of the echo servers; null runs the echo servers alone. */
  proxy: VariantProxy | null;
  reply: Reply;
  /** Receives the echo servers' log lines; null disables their log. */
  log: ((line: string) => void) | null;
  /** Address that the proxy listens on; the echo servers always listen on loopback. */
  host: string;
  /** Port for page and WebSockets; null uses any free port. */
  port: number | null;
  /** Stops the topology gracefully. */
  signal: AbortSignal;
  /** Aborting it kills all processes that are still running. */
  urgent: AbortSignal;
  /** Called with messages for the user. */
  say(line: string): void;
  /** Called once everything accepts requests. */
  onUp(standing: Standing): void;
}

/**
 * Keeps a topology running until a signal arrives, then removes all traces of it, as after a run.
 *
 * @throws Problem if the topology cannot start; Problem('died') if one of its processes exits
 */
export async function keepUp(input: UpInput): Promise<void> {
  await checkAddress(input.host, input.port);
  await atWorkplace(input, async ({ folder, processSet }) => {
    const standing = await raise(input, folder, processSet);
    if (standing === null) return;
    input.onUp(standing);
    await standUntil(input.signal, processSet);
  });
}

/** @returns null if aborted in the meantime */
async function raise(input: UpInput, folder: string, processSet: ProcessSet): Promise<Standing | null> {
  const { plan, proxy, signal, log, reply, name, title } = input;
  const certificate = proxy?.prepared.upstreamTls ? await makeCertificate(join(folder, 'upstream')) : null;
  const servers = await startServers({
    count: plan.servers,
    kind: plan.server,
    engine: plan.engine,
    cpus: null,
    args: ['--reply', reply, ...(log === null ? [] : ['--log'])],
    socketFolder: folder,
    certificate,
    onLaunch: processSet.adopt,
    ...(log === null ? {} : { onLine: log }),
  });
  if (signal.aborted) return null;
  let target: StartedTarget = directTarget(servers);
  if (proxy !== null && plan.proxy !== null) {
    const pageFolder = await makeSite(folder);
    const started = { placement: null, proxy: plan.proxy };
    const opening = { host: input.host, port: input.port, pageFolder };
    target = await proxy.prepared.start(started, proxy.binary, servers, folder, processSet, opening);
    await writeTopology(pageFolder, { name, title, reply, websocketPath: target.path });
  }
  if (signal.aborted) return null;
  const logs = (await readdir(folder)).filter((file) => /^access(-\d+)?\.log$/.test(file));
  const accessLogs = logs.sort().map((file) => join(folder, file));
  return { name, title, folder, target, servers, server: plan.server, accessLogs };
}

async function standUntil(signal: AbortSignal, processSet: ProcessSet): Promise<void> {
  if (signal.aborted) return;
  const over = new AbortController();
  const death = await Promise.race([
    once(signal, 'abort', { signal: over.signal }).then(() => null),
    processSet.unexpectedExit,
  ]);
  if (death === null) return;
  over.abort();
  throw new Problem('died', death);
}

/** @throws Problem if it is impossible to listen on this address and port */
async function checkAddress(host: string, port: number | null): Promise<void> {
  await requireOwnAddress('--allow-remote', host);
  await freePorts(host, 1, port ?? 0).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EADDRINUSE' && cause.code !== 'EACCES') throw cause;
    const why = cause.code === 'EACCES' ? 'is not allowed for this user' : 'is already in use';
    throw new Problem('environment', `--port ${port} ${why} on ${host}. Choose another port.`, { cause });
  });
}
