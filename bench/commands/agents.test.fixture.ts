import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { makeOpenFolder } from '../../test/folder.ts';
import { type NatsServer, startNatsServer } from '../../test/nats-server.ts';
import { type Run, runSchema } from '../model/run.ts';

const CLI = fileURLToPath(new URL('../cli.js', import.meta.url));
const LOAD = ['-c', '60', '-R', '300', '-w', '200ms', '--client', 'lean'];

export interface Process {
  child: ChildProcess;
  /** Everything printed so far. */
  text(): string;
  /** Resolves when this has been printed. */
  says(pattern: RegExp): Promise<void>;
  exited: Promise<number | null>;
}

/** Starts the command line; it is stopped after the test. */
export function start(t: TestContext, args: readonly string[], namespace: string | null = null): Process {
  const [command = '', ...rest] = [
    ...(namespace === null ? [] : ['ip', 'netns', 'exec', namespace]),
    process.execPath,
    CLI,
    ...args,
  ];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (data) => {
      text += data;
    });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  t.after(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  return {
    child,
    text: () => text,
    exited,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => pattern.test(text) && resolve();
        for (const stream of [child.stdout, child.stderr]) stream?.on('data', look);
        void exited.then(() => reject(new Error(`It ended without ${pattern}: ${text}`)));
        look();
      }),
  };
}

/** An agent that is ready. It generates load unless the options say otherwise. */
export async function startAgent(
  t: TestContext,
  { url }: NatsServer,
  name: string,
  options: readonly string[] = [],
  namespace: string | null = null,
): Promise<Process> {
  const role = options.includes('--role') ? [] : ['--role', 'generator'];
  const args = ['agent', '--nats', url, '--name', name, ...role, ...options];
  const agent = start(t, args, namespace);
  await agent.says(/is ready/);
  return agent;
}

export interface Ran {
  code: number | null;
  text: string;
  runs: Run[];
}

/** Executes a command that measures. */
export async function measure(
  t: TestContext,
  { url }: NatsServer,
  args: readonly string[],
  during: (run: Process) => Promise<void> = async () => {},
): Promise<Ran> {
  const reports = makeOpenFolder(join(tmpdir(), 'agents-test-'));
  const command = start(t, [...args, '--nats', url, '--reports', reports]);
  await during(command);
  const code = await command.exited;
  const [result = ''] = await readdir(reports);
  const names = result === '' ? [] : await readdir(join(reports, result, 'runs'));
  const stored = names.sort().map((name) => readFile(join(reports, result, 'runs', name), 'utf8'));
  const runs = (await Promise.all(stored)).map((text) => v.parse(runSchema, JSON.parse(text)));
  return { code, text: command.text(), runs };
}

export async function execute(
  t: TestContext,
  nats: NatsServer,
  options: readonly string[],
  during?: (run: Process) => Promise<void>,
): Promise<Ran & { run: Run | null }> {
  const ofTopology = options.includes('--target') ? [] : ['--no-http'];
  const ran = await measure(t, nats, ['run', ...LOAD, ...ofTopology, ...options], during);
  return { ...ran, run: ran.runs[0] ?? null };
}

export async function natsFor(t: TestContext, options: Parameters<typeof startNatsServer>[1] = {}) {
  const nats = await startNatsServer(makeOpenFolder(join(tmpdir(), 'nats-test-')), options);
  t.after(() => nats.stop());
  return nats;
}
