import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSED, makeRun, OPEN } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import { emptyHistogram, summarise } from '../measure/histogram.ts';
import type { HostFigures } from '../measure/hosts.ts';
import type { Load } from '../model/load.ts';
import { differingHosts } from './host-outliers.ts';

const NAMES = ['a', 'b', 'c'];

function host(name: string, changes: Partial<HostFigures> = {}): HostFigures {
  const each = 1 / NAMES.length;
  return {
    ...{ role: 'generator', machine: null, used: null },
    ...{ name, cpus: 2, workers: 1, connections: 100, cpu: 0.3, sendLag: lag(200) },
    share: { connections: each, messages: each },
    clock: { errorUs: 100, driftUs: 0 },
    ...changes,
  };
}

function lag(us: number): HostFigures['sendLag'] {
  const histogram = emptyHistogram();
  histogram.recordValueWithCount(us, 10_000);
  return summarise(histogram);
}

/** Returns the findings if the last host differs from the others by these changes. */
function found(changes: Partial<HostFigures>, load: Load = OPEN, names = NAMES): unknown {
  const run = makeRun({ load, seconds: 2, perSecond: 1000 });
  const hosts = names.map((name, at) => host(name, at === names.length - 1 ? changes : {}));
  const notice = differingHosts(run, { ...figuresOf(run), hosts });
  if (notice === null) return null;
  assert.deepEqual([notice.level, notice.code], ['warning', 'hosts-differ']);
  const [first, ...others] = notice.data.hosts as { host: string; [name: string]: unknown }[];
  assert.deepEqual([first?.host, others], [names.at(-1), []]);
  const differs = Object.entries(first ?? {}).filter(([name, each]) => name !== 'host' && each !== null);
  return differs.map(([name]) => name);
}

test('the host of the proxy is not compared with generators', () => {
  assert.equal(found({ role: 'proxy', cpu: 9 }), null);
});

test('hosts that do the same are not named', () => {
  assert.equal(found({}), null);
  assert.equal(found({ cpu: 0.4, sendLag: lag(390) }), null);
  assert.equal(found({ cpu: null, sendLag: null, share: { connections: null, messages: null } }), null);
});

test('a host is named if it needs more CPU time per message, sends later, or sends less', () => {
  assert.deepEqual(found({ cpu: 0.5 }), ['cpuUs']);
  assert.deepEqual(found({ sendLag: lag(1000) }), ['lagUs']);
  assert.deepEqual(found({ share: { connections: 1 / 3, messages: 0.25 } }), ['share']);
  assert.deepEqual(found({ cpu: 0.9, sendLag: lag(5000) }), ['cpuUs', 'lagUs']);
});

test('of two hosts, only the worse one is named', () => {
  assert.deepEqual(found({ cpu: 0.9 }, OPEN, ['a', 'b']), ['cpuUs']);
  assert.equal(found({ cpu: 9 }, OPEN, ['a']), null);
});

test('small figures, or a distant host in a closed loop, are not reported', () => {
  assert.equal(found({ sendLag: lag(300) }), null);
  assert.equal(found({ cpu: 0.015 }), null);
  const less = { sendLag: null, cpu: 0.2, share: { connections: 1 / 3, messages: 0.25 } };
  assert.equal(found(less, CLOSED), null);
  assert.deepEqual(found({ ...less, share: { connections: 1 / 3, messages: 0.2 } }, CLOSED), ['share']);
});

/** Returns the data for these hosts, of which the first is named `a`, at 1,000 messages per second. */
function differing(hosts: readonly Partial<HostFigures>[], load: Load = OPEN): unknown {
  const run = makeRun({ load, seconds: 2, perSecond: 1000 });
  const figures = figuresOf(run);
  const steady = { ...figures.steady, sent: 2000, durationUs: 2_000_000 };
  const named = hosts.map((changes, at) => host(NAMES[at] ?? String(at), changes));
  return differingHosts(run, { ...figures, steady, hosts: named })?.data.hosts ?? null;
}

test('a host is named with its figure and the median of the others', () => {
  const share = (messages: number | null, connections: number | null = 0.25) => ({
    share: { connections, messages },
  });
  // 0.1 of a core for 250 messages per second are 400 µs per message.
  assert.deepEqual(
    differing([
      { cpu: 0.1, ...share(0.25) },
      { cpu: 0.05, ...share(0.25) },
      { cpu: 0.3, ...share(0.25) },
      { cpu: 0.1, ...share(0.25) },
    ]),
    [{ host: 'c', cpuUs: { own: 1200, others: 400 }, lagUs: null, share: null }],
  );
  assert.deepEqual(
    differing([
      { cpu: 0.1, ...share(0.5) },
      { cpu: 0.15, ...share(0.5) },
    ]),
    [{ host: 'b', cpuUs: { own: 300, others: 200 }, lagUs: null, share: null }],
  );
  assert.equal(
    differing([
      { cpu: 0.1, ...share(0.5) },
      { cpu: 0.149, ...share(0.5) },
    ]),
    null,
  );
  const lags = (...each: number[]) => differing(each.map((us) => ({ sendLag: lag(us) })));
  assert.deepEqual(lags(800, 400), [
    { host: 'a', cpuUs: null, lagUs: { own: 800, others: 400 }, share: null },
  ]);
  assert.equal(lags(798, 400), null);
  assert.deepEqual(lags(301, 100), [
    { host: 'a', cpuUs: null, lagUs: { own: 301, others: 100 }, share: null },
  ]);
  assert.deepEqual(lags(100, 300, 100), null);
  assert.deepEqual(lags(900, 100, 300), [
    { host: 'a', cpuUs: null, lagUs: { own: 900, others: 200 }, share: null },
  ]);
});

test('a host without a figure is not compared, and hosts of another kind are ignored', () => {
  const even = { share: { connections: 0.5, messages: 0.5 } };
  assert.equal(
    differing([
      { cpu: null, ...even },
      { cpu: 0.4, ...even },
    ]),
    null,
  );
  // Timers account for the CPU time of a host that uses less than 0.02 of a core.
  assert.equal(
    differing([
      { cpu: 0.019, ...even },
      { cpu: 0.4, ...even },
    ]),
    null,
  );
  assert.deepEqual(
    differing([
      { cpu: 0.02, ...even },
      { cpu: 0.04, ...even },
    ]),
    [{ host: 'b', cpuUs: { own: 80, others: 40 }, lagUs: null, share: null }],
  );
  const silent = { share: { connections: null, messages: null } };
  assert.equal(
    differing([
      { cpu: 0.4, ...silent },
      { cpu: 0.1, ...even },
    ]),
    null,
  );
  assert.equal(differing([{ sendLag: null }, { sendLag: lag(5000) }]), null);
  assert.equal(differing([{ role: 'server', sendLag: lag(100) }, { sendLag: lag(5000) }]), null);
  const { steady: _, ...run } = { ...figuresOf(makeRun({ load: OPEN, seconds: 2 })) };
  const steady = { ...figuresOf(makeRun({ load: OPEN, seconds: 2 })).steady, durationUs: null };
  const hosts = [host('a', { cpu: 9, sendLag: null }), host('b', { sendLag: null })];
  assert.equal(differingHosts(makeRun({ load: OPEN, seconds: 2 }), { ...run, steady, hosts }), null);
});

test('a host that sends too little is named with its shares; a closed loop allows more', () => {
  const sharing = (load: Load, messages: number | null, connections: number | null = 0.5) => {
    const own = { connections, messages };
    return differing([{ share: own, cpu: null }, { cpu: null }], load);
  };
  const named = (own: number) => [{ host: 'a', cpuUs: null, lagUs: null, share: { own, planned: 0.5 } }];
  assert.equal(sharing(OPEN, 0.45), null);
  assert.deepEqual(sharing(OPEN, 0.449), named(0.449));
  assert.equal(sharing(CLOSED, 0.334), null);
  assert.deepEqual(sharing(CLOSED, 0.333), named(0.333));
  assert.deepEqual([sharing(OPEN, 0.1, null), sharing(OPEN, null)], [null, null]);
});
