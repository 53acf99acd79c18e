import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Notice } from '../model/finding.ts';
import type { CarrierName, EngineName } from '../model/plan.ts';
import { type CarrierDemand, carrierOf, sharedCarrier } from './carrier.ts';

interface Asked {
  carrier?: CarrierName;
  engine?: EngineName;
  client?: 'lean' | 'ws';
  server?: 'lean' | 'ws';
  ioUring?: string | null;
  demand?: Partial<CarrierDemand>;
}

const DEMAND = { loop: 'closed', connections: 1000, isMessages: true, isPlainSandbox: true } as const;

/** Returns the chosen carrier, and the codes of the notices about it. */
function choose({
  carrier,
  engine = 'bun',
  client = 'lean',
  server = 'lean',
  ioUring = 'available',
  demand = {},
}: Asked): string[] {
  const notices: Notice[] = [];
  const chosen = carrierOf(
    carrier ?? null,
    engine,
    { ...DEMAND, client, server, ...demand },
    { ioUring },
    notices,
  );
  return [chosen, ...notices.map(({ code }) => code)];
}

test('io_uring if requested, whichever end is lean', () => {
  assert.deepEqual(choose({ carrier: 'io_uring' }), ['io_uring']);
  assert.deepEqual(choose({ carrier: 'io_uring', client: 'ws' }), ['io_uring']);
  assert.deepEqual(choose({ carrier: 'io_uring', server: 'ws' }), ['io_uring']);
});

test('by default, io_uring in a closed loop of messages within the sandbox, if it is available', () => {
  assert.deepEqual(choose({}), ['io_uring']);
  assert.deepEqual(choose({ demand: { connections: 10_000 } }), ['io_uring']);
  for (const demand of [
    { loop: 'open' },
    { loop: null },
    { connections: 10_001 },
    { isMessages: false },
    { isPlainSandbox: false },
  ] as const) {
    assert.deepEqual(choose({ demand }), ['sockets'], JSON.stringify(demand));
    assert.deepEqual(choose({ carrier: 'io_uring', demand }), ['io_uring'], JSON.stringify(demand));
  }
  for (const asked of [{ engine: 'node' }, { ioUring: 'EPERM' }, { ioUring: null }] as const)
    assert.deepEqual(choose(asked), ['sockets'], JSON.stringify(asked));
});

test('sockets if requested, or if nothing can use io_uring', () => {
  assert.deepEqual(choose({ carrier: 'sockets' }), ['sockets']);
  assert.deepEqual(choose({ carrier: 'io_uring', client: 'ws', server: 'ws' }), ['sockets']);
});

test('sockets if the system refuses io_uring or there is no Bun, with a notice', () => {
  assert.deepEqual(choose({ carrier: 'io_uring', engine: 'node' }), ['sockets', 'carrier-needs-bun']);
  for (const ioUring of ['EPERM', 'EINVAL', null])
    assert.deepEqual(choose({ carrier: 'io_uring', ioUring }), ['sockets', 'carrier-refused']);
});

test('variants of which only some have TLS share sockets, with a notice', () => {
  const chosen = (asked: CarrierName | null, ...clientTls: boolean[]) => {
    const { carrier, notices } = sharedCarrier(asked, clientTls);
    return [carrier, ...notices.map(({ code }) => code)];
  };
  assert.deepEqual(chosen('io_uring', false, true), ['sockets', 'carrier-mixed']);
  assert.deepEqual(chosen('io_uring', false, false), ['io_uring']);
  assert.deepEqual(chosen('io_uring', true, true), ['io_uring']);
  assert.deepEqual(chosen('sockets', false, true), ['sockets']);
  assert.deepEqual(chosen(null, false, true), ['sockets']);
  assert.deepEqual(chosen(null, true), ['sockets']);
  assert.deepEqual(chosen(null, false, false), [null]);
});
