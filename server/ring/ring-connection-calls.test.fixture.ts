import assert from 'node:assert/strict';
import type { Ring } from './ring.ts';
import { OPERATION } from './ring.ts';
import { RingConnection } from './ring-connection.ts';
import { SlotPool } from './slot-pool.ts';

const SLOT_BYTES = 8;

/** A connection on a ring that only records calls. The results of direct sends are taken from `accepts`. */
export function makeConnection({ slots = 1, state = 'open' as 'open' | 'connecting' | 'new' } = {}) {
  const calls: unknown[][] = [];
  const note =
    (name: string) =>
    (...args: unknown[]): void =>
      void calls.push([name, ...args]);
  const accepts: number[] = [];
  const memory = Buffer.alloc(slots * SLOT_BYTES);
  const pool = new SlotPool({ address: 0, bytes: memory, count: slots, size: SLOT_BYTES });
  const ring = {
    slots: pool,
    received: Buffer.from('0123456789'),
    attach: () => 7,
    ...{ detach: note('detach'), connect: note('connect'), receive: note('receive'), cancel: note('cancel') },
    pollWritable: note('poll'),
    send: (id: number, fd: number, slot: number, bytes: number) =>
      void calls.push([
        'send',
        id,
        fd,
        memory.toString('latin1', slot * SLOT_BYTES, slot * SLOT_BYTES + bytes),
      ]),
    kernel: {
      send(fd: number, bytes: Buffer, from: number, to: number) {
        calls.push(['direct', fd, bytes.toString('latin1', from, to)]);
        return accepts.shift() ?? assert.fail('an unexpected send');
      },
      shutdown: note('shutdown'),
      close: note('close'),
    },
  };
  const host = {
    ring: ring as unknown as Ring,
    submitLater: (user: { id: number }) => void calls.push(['later', user.id]),
    wake: note('wake'),
  };
  const events = {
    ...{
      connected: note('connected'),
      drained: note('drained'),
      closed: note('closed'),
      error: note('error'),
    },
    data: (buffer: Buffer, from: number, to: number) =>
      void calls.push(['data', buffer.toString('latin1', from, to)]),
  };
  const connection = new RingConnection(host, 5, events);
  const heard = () => calls.splice(0);
  if (state === 'open') connection.open();
  if (state === 'connecting') connection.connect(0x1000, 16);
  if (state !== 'new') heard();
  return {
    ...{ connection, heard, accepts, pool, events },
    write: (text: string) => connection.write(Buffer.from(`${text}!`), text.length),
    ends: (operation: keyof typeof OPERATION, result: number, from = 0, more = false) => {
      connection.completed(OPERATION[operation], result, from, more);
      return heard();
    },
  };
}

export const RECEIVE = [['receive', 7, 5], ['wake']];
export const POLL = [['poll', 7, 5], ['wake']];
export const CLOSE = [
  ['detach', 7],
  ['close', 5],
];
export const SHUT = [['shutdown', 5, 2]];

/** Runs microtasks. */
export const settle = () => new Promise<void>((resolve) => queueMicrotask(resolve));
