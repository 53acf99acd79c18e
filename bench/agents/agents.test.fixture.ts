import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Coordinator } from '../load/coordinator.ts';
import { makeGate } from '../load/gate.ts';
import type { Machine } from '../model/machine.ts';
import { type AgentInput, serveAgent } from './agent.ts';
import { type FoundAgents, findAgents } from './found-agents.ts';
import type { Hub } from './hub.test.fixture.ts';

const ACCESS = { url: 'nats://hub', secretFile: null, caFile: null };
export const VERSION = '1.2.3';
export const NEVER: AbortSignal = new AbortController().signal;

const MACHINE: Machine = {
  ...{ cpus: [0, 1], openFilesLimit: 1024, memoryBytes: 1e9, somaxconn: null, portRange: null },
  ...{ isRoot: false, bun: null, ioUring: null },
};

const SYSTEM = { os: 'Debian', kernel: '6.1', arch: 'x64', cpuModel: 'any', memoryBytes: 1e9 };

const none = () => assert.fail('it starts no proxy');

export interface TestAgent {
  /** All its output. */
  lines: readonly string[];
  /** Resolves when a line matches. */
  says(pattern: RegExp): Promise<void>;
  /** Stops it as Ctrl-C does. */
  stop(): Promise<void>;
}

/** Starts an agent in this process, on the hub. It is stopped after the test. */
export async function startAgent(
  t: TestContext,
  hub: Hub,
  name: string,
  changes: Partial<AgentInput> = {},
): Promise<TestAgent> {
  const lines: string[] = [];
  const ready = makeGate();
  const stopped = new AbortController();
  const input: AgentInput = {
    ...{ access: ACCESS, name, version: VERSION, machine: MACHINE, allowed: [] },
    limits: { connections: null, ratePerSecond: null },
    ...{ role: 'generator', watches: [], listen: null, system: SYSTEM },
    proxy: { sourceOf: none, driverOf: none, find: none },
    say(line) {
      lines.push(line);
      if (/is ready/.test(line)) ready.open();
    },
    ...{ signal: stopped.signal, urgent: NEVER },
    ...changes,
  };
  const served = serveAgent(input, hub.connect);
  const stop = async () => {
    stopped.abort();
    await served;
  };
  t.after(stop);
  const agent: TestAgent = {
    lines,
    stop,
    says: (pattern) => until(() => lines.some((line) => pattern.test(line)), `${name} says ${pattern}`),
  };
  await Promise.race([ready.opened, served]);
  return agent;
}

/** Finds agents as a runner does. It is closed after the test. */
export async function findOn(
  t: TestContext,
  hub: Hub,
  generators: number | readonly string[],
  version = VERSION,
): Promise<FoundAgents & { coordinator: Coordinator }> {
  const found = await findAgents(
    ACCESS,
    { generators, proxy: null, servers: null, isWatched: false },
    version,
    NEVER,
    hub.connect,
  );
  t.after(() => found.close());
  return { ...found, coordinator: found.control.coordinator ?? assert.fail() };
}

/** Waits for a fact, a minute at most. */
export async function until(fact: () => boolean, what: string): Promise<void> {
  for (let left = 6_000; left > 0; left--) {
    if (fact()) return;
    await sleep(10);
  }
  assert.fail(`still not so: ${what}`);
}
