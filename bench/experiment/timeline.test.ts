import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { type TestContext, test } from 'node:test';
import { clockSince, monotonicNs } from '../load/clock.ts';
import { makeGate } from '../load/gate.ts';
import { Problem } from '../model/failure.ts';
import type { Action, DoneAction, Timeline } from '../model/timeline.ts';
import { type Launched, launch } from '../topology/process.ts';
import type { EchoServer } from '../topology/servers.ts';
import { type ActedOn, carryOut } from './timeline.ts';

/** Starts a process that does nothing, instead of an echo server. It is killed when the test ends. */
async function server(t: TestContext, name: string): Promise<EchoServer> {
  const launched = launch({
    name,
    component: 'server',
    command: 'sh',
    args: ['-c', 'echo up; while :; do sleep 60; done'],
    cpus: null,
    ipc: false,
    stdout: 'pipe',
  });
  t.after(() => launched.stop('SIGKILL', 0));
  assert.ok(launched.child.stdout);
  await once(launched.child.stdout, 'data');
  return {
    launched,
    port: 1,
    host: '127.0.0.1',
    socket: null,
    certPath: null,
    stats: async () => assert.fail('nobody asks'),
    loop: () => null,
    noteCounters: async () => {},
    kill: () => void launched.stop('SIGKILL', 0),
    start: async () => assert.fail('it starts only once'),
  };
}

/** Returns the process state of proc(5): T if it is suspended. */
function stateOf({ launched }: EchoServer): string | undefined {
  return /\) (\S)/.exec(readFileSync(`/proc/${launched.pid}/stat`, 'utf8'))?.[1];
}

/** Waits until a signal has taken effect, which happens a moment after it was sent. */
async function untilStands(each: EchoServer, stands: boolean): Promise<void> {
  while ((stateOf(each) === 'T') !== stands) await new Promise((done) => setTimeout(done, 2));
}

interface Played {
  done: DoneAction[];
  /** Records the calls to the proxy and the process set. */
  asked: string[];
}

async function play(
  timeline: Timeline,
  { proxy, servers = [], http }: Partial<Pick<ActedOn, 'proxy' | 'servers' | 'http'>>,
  onDone: (done: DoneAction) => void | Promise<void> = () => {},
  over = new AbortController().signal,
): Promise<Played> {
  const asked: string[] = [];
  const done: DoneAction[] = [];
  const on: ActedOn = {
    proxy:
      proxy === undefined
        ? {
            reload: () => void asked.push('reload'),
            upgrade: async () => void asked.push('upgrade'),
            processes: async () => [],
          }
        : proxy,
    servers,
    processSet: { expectExit: ({ name }: Launched) => void asked.push(`the end of ${name}`) },
    tellClients: (what) => void asked.push(what),
    http:
      http === undefined
        ? {
            start: async () => void asked.push('start HTTP'),
            stop: async () => void asked.push('stop HTTP'),
          }
        : http,
  };
  const record = (each: DoneAction) => {
    done.push(each);
    void onDone(each);
  };
  await carryOut(timeline, 0, clockSince(monotonicNs()), on, record, over);
  return { done, asked };
}

const at = (atMs: number, action: Action): Timeline[number] => ({ atMs, action });
const RELOAD: Action = { kind: 'reload' };

test('actions are performed in order, and each is recorded when it is done', async (t) => {
  const [first, second] = [await server(t, 'echo server 1'), await server(t, 'echo server 2')];
  const timeline = [
    at(0, RELOAD),
    at(1, { kind: 'stop-server', server: 0 }),
    at(20, { kind: 'kill-server', server: 1 }),
    at(21, RELOAD),
    at(22, { kind: 'upgrade', to: 'new' }),
  ];
  const { done, asked } = await play(timeline, { servers: [first, second] });
  assert.deepEqual(
    done.map(({ action, failure }) => [action, failure]),
    timeline.map(({ action }) => [action, null]),
  );
  const times = done.map(({ atUs }) => atUs);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  assert.ok(times.every(Number.isInteger));
  assert.deepEqual(asked, ['reload', 'the end of echo server 2', 'reload', 'upgrade']);
  assert.deepEqual(await second.launched.exited, { code: null, signal: 'SIGKILL' });
  // It was suspended to the end, and is resumed then.
  await untilStands(first, false);
});

test('actions due at the same time are performed together, and recorded in order', async (t) => {
  const [first, second] = [await server(t, 'echo server 1'), await server(t, 'echo server 2')];
  const started: string[] = [];
  // The first is ready only once the second has started.
  const both = makeGate();
  const servers = [
    { ...first, start: () => both.opened.then(() => void started.push('first')) },
    {
      ...second,
      async start() {
        started.push('second');
        both.open();
      },
    },
  ];
  const timeline = [at(0, { kind: 'start-server', server: 0 }), at(0, { kind: 'start-server', server: 1 })];
  const { done } = await play(timeline, { servers });
  assert.deepEqual(started, ['second', 'first']);
  assert.deepEqual(
    done.map(({ action, failure }) => [action, failure]),
    timeline.map(({ action }) => [action, null]),
  );
});

test('servers that are killed together die only after all have reported their counters', async (t) => {
  const [first, second] = [await server(t, 'echo server 1'), await server(t, 'echo server 2')];
  const order: string[] = [];
  const slow = makeGate();
  const servers = [
    { ...first, noteCounters: () => slow.opened, kill: () => void order.push('first') },
    {
      ...second,
      async noteCounters() {
        order.push('noted');
        slow.open();
      },
      kill: () => void order.push('second'),
    },
  ];
  await play([at(0, { kind: 'kill-server', server: 0 }), at(0, { kind: 'kill-server', server: 1 })], {
    servers,
  });
  assert.deepEqual(order, ['noted', 'first', 'second']);
});

test('a server stays suspended until it is resumed', async (t) => {
  const one = await server(t, 'echo server 1');
  const over = new AbortController();
  const stopped = play(
    [at(0, { kind: 'stop-server', server: 0 }), at(60_000, RELOAD)],
    { servers: [one] },
    () => {},
    over.signal,
  );
  await untilStands(one, true);
  over.abort();
  await stopped;
  await untilStands(one, false);
  process.kill(one.launched.pid, 'SIGSTOP');
  await untilStands(one, true);
  const { done } = await play([at(0, { kind: 'continue-server', server: 0 })], { servers: [one] });
  assert.equal(done[0]?.failure, null);
  await untilStands(one, false);
});

test('a failed action is recorded with its reason, and the next one follows', async (t) => {
  const one = await server(t, 'echo server 1');
  const gone = await server(t, 'echo server 2');
  await gone.launched.stop('SIGKILL', 0);
  const { done } = await play(
    [
      at(0, { kind: 'stop-server', server: 7 }),
      at(0, { kind: 'kill-server', server: 2 }),
      at(0, RELOAD),
      at(0, { kind: 'stop-server', server: 1 }),
      at(0, { kind: 'continue-server', server: 0 }),
    ],
    { proxy: null, servers: [one, gone] },
  );
  assert.deepEqual(
    done.map(({ failure }) => failure),
    [
      'there is no echo server 8',
      'there is no echo server 3',
      'there is no proxy',
      'echo server 2 has exited',
      null,
    ],
  );
  const proxy = {
    reload() {
      throw new Problem('died', 'Nginx has exited, so it cannot be reloaded.');
    },
    upgrade: () => assert.fail('nobody asks'),
    processes: async () => [],
  };
  const { done: dead } = await play([at(0, RELOAD)], { proxy });
  assert.match(dead[0]?.failure ?? '', /Nginx has exited/);
});

test('no action is performed after the end', async () => {
  const over = new AbortController();
  const { done, asked } = await play(
    [at(0, RELOAD), at(1, RELOAD), at(60_000, RELOAD)],
    {},
    () => {
      over.abort();
    },
    over.signal,
  );
  assert.deepEqual([done.length, asked], [1, ['reload']]);
  const { done: none } = await play([at(0, RELOAD)], {}, () => {}, AbortSignal.abort());
  assert.deepEqual(none, []);
  const { done: empty } = await play([], {});
  assert.deepEqual(empty, []);
});

test('clients are told what to do, and HTTP requests start and stop', async () => {
  const kinds = ['cut-clients', 'stall-clients', 'resume-clients', 'start-http', 'stop-http'] as const;
  const timeline = kinds.map((kind) => at(0, { kind }));
  const { done, asked } = await play(timeline, {});
  assert.deepEqual(asked, ['cut', 'stall', 'resume', 'start HTTP', 'stop HTTP']);
  assert.deepEqual(
    done.map(({ failure }) => failure),
    [null, null, null, null, null],
  );
  const { done: without } = await play(timeline.slice(3), { http: null });
  assert.deepEqual(
    without.map(({ failure }) => failure),
    ['no HTTP requests are planned', 'no HTTP requests are planned'],
  );
});

test('the workers of a proxy are killed, but not its master', async (t) => {
  const workers = [await server(t, 'worker 1'), await server(t, 'worker 2')];
  const master = await server(t, 'master');
  const proxy = {
    reload: () => assert.fail(),
    upgrade: async () => assert.fail(),
    processes: async () =>
      [master, ...workers].map(({ launched: { name, pid } }, i) => ({
        ...{
          component: 'proxy' as const,
          role: i === 0 ? ('master' as const) : ('worker' as const),
          name,
          pid,
        },
      })),
  };
  const { done } = await play([at(0, { kind: 'kill-proxy-workers' })], { proxy });
  assert.equal(done[0]?.failure, null);
  for (const { launched } of workers)
    assert.deepEqual(await launched.exited, { code: null, signal: 'SIGKILL' });
  assert.deepEqual([master.launched.child.exitCode, master.launched.child.signalCode], [null, null]);
});

test('actions wait for their time on the clock of the run, and are recorded with it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.timers.reset();
    syncBuiltinESMExports();
  });
  let nowUs = 4_000_000.6;
  const done: DoneAction[] = [];
  const on: ActedOn = {
    proxy: null,
    ...{ servers: [], processSet: { expectExit: () => assert.fail() }, tellClients: () => {}, http: null },
  };
  const { signal } = new AbortController();
  const timeline = [at(0, { kind: 'cut-clients' }), at(2000, { kind: 'stall-clients' })];
  const ended = carryOut(
    timeline,
    3_000_000,
    () => nowUs,
    on,
    (each) => void done.push(each),
    signal,
  );
  const pass = async (ms: number) => {
    nowUs += ms * 1e3;
    t.mock.timers.tick(ms);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    return done.length;
  };
  // The first action is late, and is carried out at once.
  assert.deepEqual([await pass(0), await pass(1), await pass(998), await pass(1)], [1, 1, 1, 2]);
  await ended;
  assert.deepEqual(
    done.map(({ action, atUs }) => [action.kind, atUs]),
    [
      ['cut-clients', 4_000_001],
      ['stall-clients', 5_000_001],
    ],
  );
});
