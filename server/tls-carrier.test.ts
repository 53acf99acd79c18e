import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { AnswerBuffer } from './answer-buffer.ts';
import { emptyStats } from './running.ts';
import { TlsCarrier } from './tls-carrier.ts';
import { serverFrame } from './wire/frame.test.fixture.ts';

/** Carries a session over a socket that records calls. */
function carried() {
  const calls: unknown[] = [];
  const note = (call: string) => () => void calls.push(call);
  const socket = Object.assign(new EventEmitter(), {
    ...{ writableNeedDrain: false, writableLength: 7, remoteAddress: '127.0.0.1', remotePort: 4000 },
    ...{ pause: note('pause'), resume: note('resume'), end: note('end') },
    ...{ destroy: note('destroy'), destroySoon: note('destroySoon') },
    write: (bytes: Buffer) => void calls.push(bytes),
  });
  const context = {
    ...{ stats: emptyStats(), answer: null, rooms: null, log: null },
    ...{ maxPayloadBytes: 1000, closeAfter: null, answers: new AnswerBuffer(256) },
  };
  const carrier = new TlsCarrier(socket as unknown as TLSSocket, context);
  return { carrier, socket, heard: () => calls.splice(0) };
}

describe('carrier over TLS', () => {
  it('passes on what arrives, and stops reading while too much waits to be sent', (t: TestContext) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { socket, heard } = carried();
    const request = Buffer.from('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.emit('data', request);
    const [response, ...others] = heard();
    assert.match(String(response), /^HTTP\/1\.1 200 OK\r\n/);
    assert.deepEqual(others, []);
    socket.writableNeedDrain = true;
    socket.emit('data', request);
    assert.deepEqual(heard().slice(1), ['pause']);
    socket.emit('drain');
    assert.deepEqual(heard(), ['resume']);
    socket.writableNeedDrain = false;
    socket.emit('data', Buffer.from('junk\r\n\r\n'));
    assert.deepEqual(heard().slice(1), ['end']);
    t.mock.timers.tick(999);
    assert.deepEqual(heard(), []);
    t.mock.timers.tick(1);
    assert.deepEqual(heard(), ['destroy']);
  });

  it('sends a copy, because the buffer is used again', () => {
    const { carrier, heard } = carried();
    const bytes = serverFrame(0x81, 'hi');
    assert.equal(carrier.send(bytes), true);
    bytes.fill(0);
    assert.deepEqual(heard(), [serverFrame(0x81, 'hi')]);
  });

  it('closes after the last byte, and knows its peer and what is queued', () => {
    const { carrier, heard } = carried();
    assert.deepEqual([carrier.queuedBytes(), carrier.peer()], [7, '127.0.0.1:4000']);
    carrier.close();
    assert.deepEqual(heard(), ['destroySoon']);
  });
});
