import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../model/failure.ts';
import type { RunPlan } from '../model/plan.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { makeCertificate } from '../topology/certificate.ts';
import { freePorts } from '../topology/nginx.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import { startServers } from '../topology/servers.ts';
import { directTarget, type ProxySource, type StartedTarget, startProxy } from '../topology/target.ts';
import { atWorkplace } from '../topology/workplace.ts';
import { makeSite, writeTopology } from './site.ts';
import type { Standing } from './standing.ts';

/** Here nobody but this machine's own users can reach Nginx. */
const LOOPBACK = '127.0.0.1';

/** How the echo servers answer. */
export type Reply = 'you-said' | 'echo';

/** What is to be kept running. */
export interface UpInput {
  /** Name of the variant, and as a person would call it. */
  name: string;
  title: string;
  plan: Pick<RunPlan, 'server' | 'servers' | 'engine' | 'proxy'>;
  /** Null: the echo servers stand alone. */
  source: ProxySource | null;
  /** What it runs on; null where the echo servers stand alone. */
  binary: NginxBinary | null;
  reply: Reply;
  /** Is told what the echo servers log; null: they log nothing. */
  log: ((line: string) => void) | null;
  /** Address that Nginx listens on; the echo servers are on loopback whatever it is. */
  host: string;
  /** The regular end. */
  signal: AbortSignal;
  /** Kill what still runs. */
  urgent: AbortSignal;
  /** Is told what else a person should know. */
  say(line: string): void;
  /** Called once everything answers. */
  onUp(standing: Standing): void;
}

/**
 * Keeps a topology running until the signal; then nothing of it is left, as after a run.
 *
 * @throws Problem where it cannot be raised, Problem('died') where one of its processes ends by itself
 */
export async function keepUp(input: UpInput): Promise<void> {
  await checkHost(input.host);
  await atWorkplace(input, async ({ folder, processSet }) => {
    const standing = await raise(input, folder, processSet);
    if (standing === null) return;
    input.onUp(standing);
    await standUntil(input.signal, processSet);
  });
}

/** @returns null where it was called off meanwhile */
async function raise(input: UpInput, folder: string, processSet: ProcessSet): Promise<Standing | null> {
  const { plan, source, binary, signal, log, reply, name, title } = input;
  const certificate = source?.upstreamTls ? await makeCertificate(join(folder, 'upstream')) : null;
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
  if (source !== null && binary !== null && plan.proxy !== null) {
    const pageFolder = await makeSite(folder);
    const started = { placement: null, proxy: plan.proxy };
    const opening = { host: input.host, pageFolder };
    const kept = guarded(source, input.host);
    target = await startProxy(kept, started, binary, servers, folder, processSet, opening);
    await writeTopology(pageFolder, { name, title, reply, websocketPath: target.path });
  }
  if (signal.aborted) return null;
  const logs = (await readdir(folder)).filter((file) => /^access(-\d+)?\.log$/.test(file));
  const accessLogs = logs.sort().map((file) => join(folder, file));
  return { name, title, folder, target, servers, server: plan.server, accessLogs };
}

/** Whoever else can reach Nginx meets the guards of the configuration: there is no load that they would shut out. */
function guarded(source: ProxySource, host: string): ProxySource {
  if (source.options === null || host === LOOPBACK) return source;
  return { ...source, options: { ...source.options, keepGuards: true } };
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

/** @throws Problem('usage') where nothing can listen on this address here */
async function checkHost(host: string): Promise<void> {
  await freePorts(host, 1).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EADDRNOTAVAIL') throw cause;
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    const names = own.filter(({ family }) => family === 'IPv4').map(({ address }) => address);
    throw new Problem(
      'usage',
      `--allow-remote ${host} is no address of this machine: it has ${names.join(', ')}.`,
      { cause },
    );
  });
}
