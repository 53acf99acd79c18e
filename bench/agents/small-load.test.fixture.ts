import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { WebSocketServer } from 'ws';
import { behaviourOf } from '../load/behaviour.ts';
import { monotonicNs } from '../load/clock.ts';
import type { Generator } from '../load/coordinator.ts';
import { type Fleet, makeFleet } from '../load/fleet.ts';
import type { WorkerPlan } from '../load/protocol.ts';
import { type Merger, makeMerger } from '../measure/merge.ts';
import type { PhaseTimes } from '../measure/recorder.ts';

export const PHASES = ['connected', 'warm-up', 'steady', 'drain'] as const;
export type Phase = (typeof PHASES)[number];

export const CONNECTIONS = 6;
const RATE = 60;
const WARM_UP_MS = 200;
const STEADY_MS = 600;
/** Delay of the server's answers, so that there is something to drain. */
const DELAY_MS = 150;

/** An echo server in this process, with the number of messages that it has echoed. */
export async function startEcho(t: TestContext): Promise<{ port: number; echoed(): number }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  let echoed = 0;
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer, binary) => {
      setTimeout(() => socket.send(data, { binary }, () => {}), DELAY_MS);
      echoed++;
    });
  });
  await once(server, 'listening');
  t.after(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, echoed: () => echoed };
}

export interface SmallLoad {
  fleet: Fleet;
  merger: Merger;
  /** Number of duplicate recordings that arrived. */
  repeated(): number;
  /** Codes of the merger's findings. */
  faults(): string[];
}

/**
 * Applies a one-second open loop to a server, in all phases. Resolves when all workers have exited.
 *
 * @param at called at the beginning of each phase
 */
export async function putLoad(
  { workers, headStartUs }: Generator,
  port: number,
  at: (phase: Phase, fleet: Fleet) => void = () => {},
): Promise<SmallLoad> {
  const merger = makeMerger(workers.length);
  let repeated = 0;
  const fleet = makeFleet(workers, (recording) => {
    if (!merger.add(recording)) repeated++;
  });
  const epochNs = monotonicNs();
  const nowUs = () => Number(monotonicNs() - epochNs) / 1e3;
  const plans = workers.map(({ id, toHostNs }) => planOf(id, workers.length, port, toHostNs(epochNs)));
  const { endUs: connectedUs } = await fleet.connect(plans);
  at('connected', fleet);
  const warmUpUs = Math.ceil(nowUs() + headStartUs);
  const steadyUs = warmUpUs + WARM_UP_MS * 1e3;
  const times: PhaseTimes = { connectedUs, warmUpUs, steadyUs, drainUs: steadyUs + STEADY_MS * 1e3 };
  const timers = (['warm-up', 'steady', 'drain'] as const).map((phase, i) => {
    const startUs = [times.warmUpUs, times.steadyUs, times.drainUs][i] ?? 0;
    return setTimeout(() => at(phase, fleet), (startUs - nowUs()) / 1e3 + 20);
  });
  await fleet.run(times);
  for (const timer of timers) clearTimeout(timer);
  fleet.leave();
  await Promise.all(workers.map(({ exited }) => exited));
  return {
    fleet,
    merger,
    repeated: () => repeated,
    faults: () => merger.check(fleet.ends()).map(({ code }) => code),
  };
}

function planOf(id: WorkerPlan['id'], workers: number, port: number, epochNs: bigint): WorkerPlan {
  return {
    id,
    behaviour: behaviourOf({ scenario: 'echo', options: {} }),
    scenarioFile: null,
    epochNs: String(epochNs),
    connections: CONNECTIONS / workers,
    servers: [],
    target: { host: '127.0.0.1', ports: [port], path: '/', tls: null },
    sourcePorts: [],
    rampPerSecond: 0,
    pendingHandshakes: 10,
    runPlan: {
      target: { kind: 'sandbox' },
      ...{ carrier: 'sockets', client: 'lean', connections: CONNECTIONS, workers },
      sourceAddresses: [],
      workload: {
        scenario: 'echo',
        load: { kind: 'open', ratePerSecond: RATE, arrivals: 'uniform' },
        payload: { minBytes: 16, maxBytes: 16, type: 'text' },
        options: {},
      },
      ...{ step: 'latency', timeline: [], openingStages: 1, echoTimeoutMs: 5_000, connectTimeoutMs: 5_000 },
      ...{ pacing: 'sleep', turns: null, seed: 5 },
    },
  };
}

/** Returns the pids of running generator workers started by this process. */
export function generatorPids(): number[] {
  const read = (pid: string, file: string) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'latin1');
    } catch {
      return '';
    }
  };
  // The fields after the name, which may contain anything, begin with the state and the parent.
  const parentOf = (pid: string) => Number(read(pid, 'stat').split(') ').at(-1)?.split(' ')[1]);
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && parentOf(pid) === process.pid)
    .filter((pid) => read(pid, 'cmdline').includes('/load/worker.js'))
    .map(Number);
}
