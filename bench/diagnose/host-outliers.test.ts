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
