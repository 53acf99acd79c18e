import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { makeOpenFolder } from '../../test/folder.ts';
import type { BenchEvent } from '../model/event.ts';
import type { RunPlan } from '../model/plan.ts';
import type { RunProcess } from '../model/run.ts';
import { profileNamed } from '../plan/plan.test.fixture.ts';
import { affinityNotices, canPin } from '../topology/affinity.ts';
import { startWarden } from '../topology/warden.ts';
import type { RunContext } from './context.ts';
import { settingsOf, shortPlan, simulatedHosts, VARIANT } from './run.test.fixture.ts';
import { executeRun } from './run.ts';

const temporary = makeOpenFolder(join(tmpdir(), 'servers-test-'));
process.env.TMPDIR = temporary;
after(() => rmSync(temporary, { recursive: true, force: true }));

/** Executes a run whose echo servers are real, with simulated generators. Returns the command lines of its servers. */
async function execute(plan: Partial<RunPlan>, context: Partial<RunContext> = {}) {
  const warden = await startWarden(assert.fail);
  const { coordinator } = simulatedHosts();
  const events: BenchEvent[] = [];
  let processes: readonly RunProcess[] = [];
  const commands: string[][] = [];
  let pinnedTo = '';
  const run = await executeRun({
    ...settingsOf(shortPlan({ servers: 1, proxy: null, ...plan }), events),
    variant: { ...VARIANT, proxy: null },
    warden,
    coordinator,
    onProcesses(all) {
      processes = all;
      pinnedTo = /^Cpus_allowed_list:\t(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
      for (const { role, pid } of all)
        if (role === 'server')
          commands.push(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1));
    },
    ...context,
  }).finally(() => warden.close());
  return { run, processes, commands, pinnedTo };
}

/** Returns the value of an option. */
function optionOf(command: readonly string[] | undefined, option: string): string | undefined {
  const at = command?.indexOf(option) ?? -1;
  return at < 0 ? undefined : command?.[at + 1];
}

describe('the echo servers of a run', () => {
  test('have the options of the scenario and of the handicap, and are pinned with the runner', async () => {
    const cpu = Number(
      /^Cpus_allowed_list:\t(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0,
    );
    const placement = { proxy: [], server: [cpu], generator: [cpu], runner: [cpu] };
    const { run, commands, processes, pinnedTo } = await execute(
      { placement },
      {
        variant: { ...VARIANT, proxy: null, handicap: { delayMs: 3, burnUs: 4 } },
        serverArguments: ['--log'],
      },
    );
    assert.deepEqual(run.outcome, { state: 'completed' });
    assert.deepEqual(
      processes.filter(({ role }) => role === 'server').map(({ name }) => name),
      ['echo server 1'],
    );
    const [command = []] = commands;
    assert.ok(command.includes('--log'));
    assert.deepEqual(
      ['--kind', '--delay', '--burn', '--port'].map((option) => optionOf(command, option)),
      ['lean', '3', '4', '0'],
    );
    assert.match(optionOf(command, '--socket') ?? '', /\/nginx-ws-bench-\w+\/echo-1\.sock$/);
    if (canPin()) assert.equal(pinnedTo, String(cpu));
    const expected = affinityNotices(placement).map(({ code }) => code);
    assert.deepEqual(
      run.notices.slice(1, 1 + expected.length).map(({ code }) => code),
      expected,
    );
    const share = run.spread.find(({ component }) => component === 'server');
    assert.deepEqual(share, { component: 'server', name: 'echo server 1', connections: 0, messages: 0 });
  });

  test('have a known port if they are to be started again, and a certificate if the profile asks for one', async () => {
    const timeline: RunPlan['timeline'] = [{ atMs: 90_000, action: { kind: 'start-server', server: 0 } }];
    const profile = { ...profileNamed('direct'), upstreamTls: true };
    const { commands } = await execute({ timeline }, { profile });
    const port = Number(optionOf(commands[0], '--port'));
    assert.ok(port >= 10_000 && (port < 40_000 || port > 40_009));
    assert.match(optionOf(commands[0], '--cert') ?? '', /\/nginx-ws-bench-\w+\/upstream\/certificate\.pem$/);
  });
});

describe('the user’s own server', () => {
  const backend = `"${process.execPath}" -e "require('node:net').createServer((socket) => socket.destroy()).listen({port}, '127.0.0.1')"`;

  test('is started by its command, and must echo', async () => {
    await assert.rejects(execute({ server: 'own', backend, servers: 1 }), {
      kind: 'environment',
      message: /does not echo/,
    });
    await assert.rejects(execute({ server: 'own', backend: null, servers: 1 }), {
      name: 'TypeError',
      message: 'there is no command for the server',
    });
  });

  test('need not echo if the scenario’s clients send nothing', async () => {
    const workload = { ...shortPlan().workload, scenario: 'connect', options: { echo: 'off' } };
    const { commands } = await execute({ server: 'own', backend, workload });
    assert.equal(commands.length, 1);
  });
});
