import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import type { RunProcess } from '../model/run.ts';
import { launch } from '../topology/process.ts';
import type { EchoServer } from '../topology/servers.ts';
import { directTarget, type RunningProxy } from '../topology/target.ts';
import { childrenOf, listProcesses } from './processes.ts';

test('the processes of a run are listed with the runner, and with what the user’s own server has started', async (t) => {
  const launched = launch({
    ...{ name: 'backend 1', component: 'server', command: 'sh', args: ['-c', 'sleep 60 & echo $!; wait'] },
    ...{ cpus: null, ipc: false, stdout: 'pipe' },
  });
  t.after(() => launched.stop('SIGKILL', 0));
  const pid = await new Promise<number>((done) =>
    launched.child.stdout?.once('data', (text) => done(Number(text))),
  );
  const servers = [{ launched } as Partial<EchoServer> as EchoServer];
  const { plan } = makeRun({ seconds: 1 });
  const worker: RunProcess = { component: 'proxy', role: 'worker', name: 'nginx worker 1', pid: 5 };
  const generator: RunProcess = { component: 'generator', role: 'generator', name: 'generator 1', pid: 6 };
  const proxy = { processes: async () => [worker] } as Partial<RunningProxy> as RunningProxy;
  const target = directTarget([]);
  const server: RunProcess = { component: 'server', role: 'server', name: 'backend 1', pid: launched.pid };
  const child: RunProcess = { ...server, name: `backend 1, process ${pid}`, pid };
  const runner: RunProcess = { component: 'runner', role: 'runner', name: 'runner', pid: process.pid };
  const own = { ...plan, server: 'own' as const };
  assert.deepEqual(await listProcesses(own, { ...target, proxy }, servers, [generator]), [
    ...[worker, server, child, generator, runner],
  ]);
  assert.deepEqual(await listProcesses(plan, target, servers, [generator]), [server, generator, runner]);
  assert.deepEqual(await childrenOf(plan, servers), []);
});
