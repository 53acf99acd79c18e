import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Notice } from '../model/finding.ts';
import type { CarrierName, EngineName } from '../model/plan.ts';
import { carrierOf, sharedCarrier } from './carrier.ts';

interface Asked {
  carrier?: CarrierName;
  engine?: EngineName;
  client?: 'lean' | 'ws';
  server?: 'lean' | 'ws';
  ioUring?: string | null;
}

/** Returns the chosen carrier, and the codes of the notices about it. */
function choose({
  carrier,
  engine = 'bun',
  client = 'lean',
  server = 'lean',
  ioUring = 'available',
}: Asked): string[] {
  const notices: Notice[] = [];
  const chosen = carrierOf(carrier ?? null, engine, { client, server }, { ioUring }, notices);
  return [chosen, ...notices.map(({ code }) => code)];
}

test('io_uring if requested, whichever end is lean', () => {
  assert.deepEqual(choose({ carrier: 'io_uring' }), ['io_uring']);
  assert.deepEqual(choose({ carrier: 'io_uring', client: 'ws' }), ['io_uring']);
  assert.deepEqual(choose({ carrier: 'io_uring', server: 'ws' }), ['io_uring']);
});

test('sockets by default, or if nothing can use io_uring', () => {
  assert.deepEqual(choose({}), ['sockets']);
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
  assert.deepEqual(chosen(null, false, true), [null]);
});
