import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Target } from '../../model/target.ts';
import type { CarrierEvents } from '../carriers/carrier.ts';
import { FrameWriter } from '../wire/frame-writer.ts';
import { Payload } from '../wire/payload.ts';
import { switching } from './connection.test.fixture.ts';
import { leanConnector } from './lean-connection.ts';
import { closeFrame, decodeFrames, serverFrame } from './wire.test.fixture.ts';

const NO_TLS: Target = { host: 'h', ports: [], path: '/p', tls: null };
const PING = serverFrame(0x89, 'abc');

/** A connection over a carrier that accepts data only if `accepts` is true. All calls are noted in order. */
function scene({ target = NO_TLS, serverCloses = false } = {}) {
  const log: unknown[][] = [];
  const clock = { us: 1000 };
  const state = { accepts: true };
  const carriers: CarrierEvents[] = [];
  const note =
    (...what: unknown[]) =>
    (...args: unknown[]) => {
      log.push([...what, ...args]);
    };
  const payload = new Payload({ minBytes: 9, maxBytes: 9, type: 'text' }, 1);
  const writer = new FrameWriter(payload, 4);
  const released: Buffer[] = [];
  writer.release = (buffer) => void released.push(buffer);
  const connect = leanConnector(
    { clock: () => clock.us, payload, target, serverCloses },
    writer,
    (source, port, events) => {
      log.push(['open carrier', source, port]);
      carriers.push(events);
      return {
        write(buffer, bytes) {
          const sent = Buffer.from(buffer.subarray(0, bytes));
          const text = sent.toString('latin1');
          if (text.startsWith('GET ')) log.push(['request', text]);
          else {
            const { frames, rest } = decodeFrames(sent);
            assert.equal(rest.length, 0);
            assert.ok(frames.every(({ final, masked }) => final && masked));
            log.push([
              'write',
              ...frames.map(({ opcode, payload }) => `${opcode} ${payload.toString('latin1')}`),
            ]);
          }
          return state.accepts;
        },
        pause: note('pause'),
        resume: note('resume'),
        end: note('end'),
        destroy: note('destroy'),
      };
    },
  );
  const connection = connect(6, null, 81, {
    opened: note('opened'),
    message: (bytes, from, to, text) => log.push(['message', bytes.toString('latin1', from, to), text]),
    batchEnd: note('batch end'),
    pong: note('pong'),
    failed: note('failed'),
    closed: note('closed'),
  });
  const [events] = carriers;
  assert.ok(events);
  /** Returns the calls since the last time. */
  const calls = () => log.splice(0);
  const data = (...parts: (Buffer | string)[]) => {
    const bytes = Buffer.concat(parts.map((part) => Buffer.from(part as string, 'latin1')));
    const around = Buffer.concat([Buffer.from('??'), bytes, Buffer.from('?')]);
    events.data(around, 2, 2 + bytes.length);
  };
  /** Answers the request for an upgrade, with more bytes after the answer. */
  const answer = (more: Buffer | string = '', changes: Record<string, string | null> = {}) => {
    const request = log.flatMap(([what, text]) => (what === 'request' ? [String(text)] : [])).at(-1) ?? '';
    calls();
    data(switching(/Key: (.*)\r/.exec(request)?.[1] ?? '', changes), more);
  };
  const open = () => {
    events.connected();
    answer();
    calls();
  };
  /** Texts of the messages with these numbers, as they are written. */
  const messages = (...numbers: number[]) =>
    numbers.map((number) => {
      const message = Buffer.from(payload.body);
      payload.stamp(message, 0, 9, 6, number, new Uint8Array(4));
      return `1 ${message.toString('latin1')}`;
    });
  return { connection, events, clock, state, released, calls, data, answer, open, messages };
}

test('the parts of a handshake are timed, and its facts are reported once', () => {
  const { connection, events, clock, calls, answer } = scene();
  assert.deepEqual(calls(), [['open carrier', null, 81]]);
  assert.equal(connection.stage, 'tcp');
  clock.us = 1100;
  events.connected();
  assert.equal(connection.stage, 'upgrade');
  clock.us = 1350;
  answer(serverFrame(0x81, 'hi'), { 'X-Bench-Worker': '7', 'X-Bench-Upstream': 'a:1' });
  assert.equal(connection.stage, 'open');
  assert.deepEqual(calls(), [
    [
      'opened',
      { tcpUs: 100, tlsUs: null, upgradeUs: 250 },
      { alpn: null, proxyWorker: '7', upstream: 'a:1' },
    ],
    ['message', 'hi', true],
    ['batch end'],
  ]);
});

test('with TLS, the request follows the TLS handshake, whose facts are reported', () => {
  const { connection, events, clock, calls, answer } = scene({
    target: { ...NO_TLS, tls: { servername: 's' } },
  });
  clock.us = 1010;
  events.connected();
  assert.equal(connection.stage, 'tls');
  clock.us = 1040;
  calls();
  events.secured('http/1.1', true);
  assert.equal(connection.stage, 'upgrade');
  clock.us = 1100;
  answer();
  assert.deepEqual(calls(), [
    [
      'opened',
      { tcpUs: 10, tlsUs: 30, upgradeUs: 60 },
      { alpn: 'http/1.1', proxyWorker: null, upstream: null, resumed: true },
    ],
  ]);
});

test('the request is that of the target, and a refused one ends the connection', () => {
  const request = { host: 'x:1', headers: [{ name: 'A', value: 'b' }], subprotocols: ['chat'] };
  const { events, calls, data } = scene({ target: { ...NO_TLS, request } });
  events.connected();
  const [, sent] = calls();
  assert.match(String(sent?.[1]), /^GET \/p HTTP\/1\.1\r\nHost: x:1\r\n/);
  assert.match(String(sent?.[1]), /Sec-WebSocket-Protocol: chat\r\nA: b\r\n\r\n$/);
  data('HTTP/1.1 5');
  data('03 No\r\n\r\n');
  data('HTTP/1.1 503 No\r\n\r\n');
  assert.deepEqual(calls(), [['destroy'], ['failed', 'upgrade', 'status-503']]);
  const plain = scene();
  plain.events.connected();
  assert.match(String(plain.calls()[1]?.[1]), /^GET \/p HTTP\/1\.1\r\nHost: h\r\n/);
});

test('messages and control frames are written at once, and buffers are released once', () => {
  const { connection, calls, open, messages, released, data } = scene();
  open();
  const before = released.length;
  connection.send(4, 2);
  connection.sendBytes(Buffer.from('hello'), true);
  connection.sendBytes(Buffer.from('bytes'), false);
  connection.ping();
  connection.pause();
  connection.resume();
  data(PING, serverFrame(0x8a), serverFrame(0x82, 'z'));
  assert.deepEqual(calls(), [
    ['write', ...messages(4, 5)],
    ['write', '1 hello'],
    ['write', '2 bytes'],
    ['write', '9 '],
    ['pause'],
    ['resume'],
    ['write', '10 abc'],
    ['pong'],
    ['message', 'z', false],
    ['batch end'],
  ]);
  assert.equal(released.length - before, 5);
});

test('what cannot be written yet waits, messages first, and is written once the rest was accepted', () => {
  const { connection, events, state, calls, open, messages, released } = scene();
  open();
  const before = released.length;
  state.accepts = false;
  connection.send(1, 1);
  connection.send(2, 1);
  connection.send(3, 2);
  connection.sendBytes(Buffer.from('x'), true);
  connection.ping();
  assert.deepEqual(calls(), [['write', ...messages(1)]]);
  assert.equal(released.length, before);
  events.drained();
  assert.deepEqual(calls(), [['write', ...messages(2, 3, 4)]]);
  assert.equal(released.length, before + 1);
  connection.send(5, 1);
  state.accepts = true;
  events.drained();
  // The message that waits longest is written first, then the frames.
  assert.deepEqual(calls(), [
    ['write', ...messages(5)],
    ['write', '1 x', '9 '],
  ]);
  events.drained();
  connection.send(6, 1);
  assert.deepEqual(calls(), [['write', ...messages(6)]]);
});

test('a connection that is closed on request waits for the answer of the server, once', () => {
  const { connection, calls, open, data } = scene();
  open();
  connection.close(1000);
  connection.close(1001);
  assert.deepEqual(calls(), [['write', '8 \x03\xe8']]);
  data(serverFrame(0x81, 'late'));
  assert.deepEqual(calls(), [['message', 'late', true], ['batch end']]);
  data(closeFrame(1000), serverFrame(0x81, 'later'));
  data(PING, serverFrame(0x81, 'latest'));
  connection.close(1000);
  assert.deepEqual(calls(), [['destroy'], ['closed']]);
});

test('the end of TCP completes a closing handshake, and is a failure otherwise', () => {
  const closing = scene();
  closing.open();
  closing.connection.close(4000);
  closing.calls();
  closing.events.closed();
  closing.events.error('ECONNRESET');
  assert.deepEqual(closing.calls(), [['destroy'], ['closed']]);
  const open = scene();
  open.open();
  open.events.closed();
  open.events.closed();
  open.connection.close(1000);
  assert.deepEqual(open.calls(), [['destroy'], ['failed', 'open', 'closed-1006']]);
  const refused = scene();
  refused.calls();
  refused.events.error('ECONNREFUSED');
  assert.deepEqual(refused.calls(), [['destroy'], ['failed', 'tcp', 'refused']]);
  const reset = scene();
  reset.events.connected();
  reset.calls();
  reset.events.closed();
  assert.deepEqual(reset.calls(), [['destroy'], ['failed', 'upgrade', 'reset']]);
});

test('a server that closes gets its code back, and the connection ends once everything is written', () => {
  const { calls, open, data } = scene();
  open();
  data(closeFrame(1001, 'going away'), serverFrame(0x81, 'x'));
  data(PING);
  assert.deepEqual(calls(), [['write', '8 \x03\xe9'], ['end'], ['failed', 'open', 'closed-1001']]);
  const slow = scene();
  slow.open();
  slow.state.accepts = false;
  slow.connection.ping();
  slow.data(closeFrame(1000));
  assert.deepEqual(slow.calls(), [
    ['write', '9 '],
    ['failed', 'open', 'closed-1000'],
  ]);
  slow.events.drained();
  assert.deepEqual(slow.calls(), [['write', '8 \x03\xe8']]);
  slow.events.drained();
  assert.deepEqual(slow.calls(), [['end']]);
  const invalid = scene();
  invalid.open();
  invalid.data(serverFrame(0x88, 'x'));
  assert.deepEqual(invalid.calls(), [['destroy'], ['failed', 'open', 'protocol-error']]);
});

test('if the server is expected to close, its code 1000 is no failure', () => {
  const { calls, open, data, events } = scene({ serverCloses: true });
  open();
  data(closeFrame(1000));
  assert.deepEqual(calls(), [['write', '8 \x03\xe8'], ['batch end']]);
  events.closed();
  assert.deepEqual(calls(), [['destroy'], ['closed']]);
  const other = scene({ serverCloses: true });
  other.open();
  other.data(closeFrame(1001));
  assert.deepEqual(other.calls().at(-1), ['failed', 'open', 'closed-1001']);
});

test('a message may have 64 MiB', () => {
  const failed = (bytes: number) => {
    const { calls, open, data } = scene();
    open();
    const head = Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
    head.writeBigUInt64BE(BigInt(bytes), 2);
    data(head);
    return calls();
  };
  assert.deepEqual(failed(2 ** 26), [['batch end']]);
  assert.deepEqual(failed(2 ** 26 + 1), [['destroy'], ['failed', 'open', 'protocol-error']]);
});

test('an invalid frame ends the connection, and a connection that was dropped reports nothing', () => {
  const { calls, open, data } = scene();
  open();
  data(serverFrame(0x81, 'a'), serverFrame(0x83, 'b'));
  data(serverFrame(0x81, 'c'));
  assert.deepEqual(calls(), [['message', 'a', true], ['destroy'], ['failed', 'open', 'protocol-error']]);
  const dropped = scene();
  dropped.open();
  dropped.connection.destroy();
  dropped.data(serverFrame(0x81, 'a'), PING, serverFrame(0x8a));
  dropped.events.closed();
  dropped.connection.close(1000);
  assert.deepEqual(dropped.calls(), [['destroy']]);
});
