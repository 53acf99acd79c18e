import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { monotonicNs } from '../load/clock.ts';
import type { GeneratorPlan } from '../load/coordinator.ts';
import type { Bus } from './bus.ts';
import type { AgentFacts, Reported } from './protocol.ts';

export const SYSTEM = { os: 'Debian', kernel: '6.1', arch: 'x64', cpuModel: 'any', memoryBytes: 1e9 };
export const HERE = { machine: 'm', network: 'n' };
export const agent = (name: string, changes: Partial<AgentFacts> = {}): AgentFacts => ({
  ...{ name, instance: `instance of ${name}`, version: '1.2.3', role: 'generator', run: null },
  ...{ cpus: 2, openFiles: 1024, somaxconn: null, listen: null, ports: 10, reusesPorts: false, bun: false },
  ...{ system: SYSTEM, ...HERE },
  ...changes,
});
export const PLAN: GeneratorPlan = {
  ...{ workers: 3, client: 'lean', engine: 'node', cpus: null },
  target: { host: '127.0.0.1', ports: [1, 2] },
};
export const NOTHING = { processes: [], machine: null, errorLog: [] };

type Answer = (agent: string, verb: string, request: unknown) => object | Promise<object>;

/** A connection to agents whose clocks are ahead by known times. Requests other than those for the time are recorded. */
export function agentsThat(answer: Answer) {
  const requests: unknown[][] = [];
  const state = { purged: 0, isListening: false, watched: 0, aheadNs: new Map<string, bigint>() };
  let hear: (agent: string, message: Reported) => void = () => assert.fail('nobody listens');
  const bus = {
    isClosed: () => false,
    publish() {},
    subscribe() {
      state.watched += 1;
      return { unsubscribe: () => (state.watched -= 1) };
    },
    async request(subject: string, payload: string, { timeout }: { timeout: number }) {
      const [, , name = '', verb = ''] = subject.split('.');
      const aheadNs = state.aheadNs.get(name) ?? 0n;
      if (verb === 'clock') return { json: () => ({ ns: String(monotonicNs() + aheadNs) }) };
      const { run: _, ...request } = JSON.parse(payload);
      requests.push([name, verb, request, timeout]);
      const value = await answer(name, verb, request);
      return { json: () => value, data: gzipSync(JSON.stringify(value)) };
    },
    openStream: async () => ({
      async listen(_: string, __: unknown, heard: typeof hear) {
        hear = heard;
        state.isListening = true;
        return () => (state.isListening = false);
      },
      async purge() {
        state.purged += 1;
      },
    }),
  };
  return {
    bus: bus as unknown as Bus,
    requests,
    state,
    say: (...said: Parameters<typeof hear>) => hear(...said),
  };
}

export const accepting: Answer = (_, verb) =>
  verb === 'end' ? NOTHING : verb === 'stats' ? { stats: [null, null] } : { refusal: null };
