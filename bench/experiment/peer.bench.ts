import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSampler } from '../observe/sampler.ts';
import { canPin } from '../topology/affinity.ts';
import { exitWords } from '../topology/process.ts';
import { makeProcessSet } from '../topology/process-set.ts';
import { createScope } from '../topology/scope.ts';
import { type EchoServer, startServers } from '../topology/servers.ts';
import { directTarget } from '../topology/target.ts';
import { startWarden } from '../topology/warden.ts';

/**
 * A generator that is a shell command, which opens its connections and sends messages until it is stopped.
 */
export interface Peer {
  /** Run by `sh -c`, with the placeholders {url}, {host}, {port}, {connections}, {bytes}, {seconds}. */
  command: string;
  connections: number;
  bytes: number;
  /** Length of the measurement in seconds. */
  seconds: number;
}

const SETTLE_MS = 1_000;
const OPEN_LIMIT_MS = 60_000;

/** A peer's CPU time per message in µs, or what happened instead, as a clause that follows its name. */
export type PeerOutcome = { figure: number } | { failure: string };

/**
 * CPU-µs per message used by a peer's whole process tree, against a `ws` echo server without a proxy. CPU
 * time is read from /proc; messages are counted by the server. Processes are pinned as in an ordinary run of
 * `direct`.
 */
export async function measurePeer(peer: Peer): Promise<PeerOutcome> {
  const warden = await startWarden(() => {});
  const scope = createScope();
  const processSet = makeProcessSet(scope, warden);
  try {
    const cpus = canPin() ? { server: [1], generator: [0] } : { server: null, generator: null };
    const servers = await startServers({
      count: 1,
      kind: 'ws',
      engine: 'node',
      cpus: cpus.server,
      maxPayloadBytes: 1 << 20,
      onLaunch: processSet.adopt,
    });
    const [server] = servers;
    if (server === undefined) throw new TypeError('no echo server was started');
    const { host, ports, path } = directTarget(servers);
    const [port] = ports;
    const launched = processSet.launch({
      name: 'peer',
      component: 'generator',
      command: 'sh',
      args: ['-c', filled(peer, { host, port: port ?? 0, url: `ws://${host}:${port}${path}` })],
      cpus: cpus.generator,
      ipc: false,
    });
    let ending = '';
    void launched.exited.then((exit) => {
      ending = ` ${exitWords(launched, exit)}. ${launched.stderrTail().trim()}`.trimEnd();
    });
    const opened = async () => (await server.stats())?.connections.open ?? 0;
    for (const until = performance.now() + OPEN_LIMIT_MS; performance.now() < until; await sleep(100))
      if (ending !== '' || (await opened()) >= peer.connections) break;
    await sleep(SETTLE_MS);
    const open = await opened();
    const { pid } = launched;
    const pids = [pid, ...(await descendants(pid))];
    const { cpuUs, messages } = await measureCpu(pids, peer.seconds, server);
    if (messages > 0) return { figure: cpuUs / messages };
    return {
      failure: `had ${open} of ${peer.connections} connections open, and sent no message in ${peer.seconds} s.${ending}`,
    };
  } finally {
    processSet.dismiss();
    await scope.close();
    await warden.close();
  }
}

function filled(
  { command, connections, bytes, seconds }: Peer,
  target: { url: string; host: string; port: number },
): string {
  const words: Record<string, string | number> = { ...target, connections, bytes, seconds: seconds + 5 };
  return command.replace(/\{(\w+)\}/g, (whole, word: string) => String(words[word] ?? whole));
}

async function measureCpu(
  pids: readonly number[],
  seconds: number,
  server: EchoServer,
): Promise<{ cpuUs: number; messages: number }> {
  const cpuUs = () => pids.reduce((sum, pid) => sum + usedCpuUs(pid), 0);
  const messages = async () => (await server.stats())?.messages ?? 0;
  const before = { messages: await messages(), cpuUs: cpuUs() };
  await sleep(seconds * 1e3);
  return { cpuUs: cpuUs() - before.cpuUs, messages: (await messages()) - before.messages };
}

async function descendants(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = text.split(' ').filter(Boolean).map(Number);
  return [...children, ...(await Promise.all(children.map(descendants))).flat()];
}

/** CPU time in µs that a process has used so far. */
function usedCpuUs(pid: number): number {
  const sampler = startSampler({ nowUs: () => 0 });
  sampler.watch([{ component: 'generator', role: 'generator', name: 'peer', pid }]);
  sampler.sampleNow();
  sampler.stop();
  return sampler.series()[0]?.samples[0]?.cpuUs ?? 0;
}
