import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HEAD_MAX } from '../../../server/wire/http-head.ts';
import { acceptFor } from '../../../server/wire/upgrade.ts';
import { makeKey, UpgradeReader, upgradeRequest } from './handshake.ts';

/** The example of RFC 6455 section 1.3. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

const HEADERS = {
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Accept': ACCEPT,
  'X-Bench-Worker': '4711',
};

function response(
  changes: Record<string, string | null> = {},
  status = 'HTTP/1.1 101 Switching Protocols',
): string {
  const lines = Object.entries({ ...HEADERS, ...changes }).flatMap(([name, value]) =>
    value === null ? [] : [`${name}: ${value}`],
  );
  return `${[status, ...lines].join('\r\n')}\r\n\r\n`;
}

/** Returns the outcome for `text`; `none` if the response is incomplete. */
function read(text: string): string {
  const answer = new UpgradeReader(KEY).read(Buffer.from(text, 'latin1'));
  if (answer === null) return 'none';
  return answer.ok ? 'open' : answer.kind;
}

test('keys are 16 bytes in base64, and all are different', () => {
  const keys = Array.from({ length: 2000 }, makeKey);
  for (const key of keys) {
    assert.match(key, /^[A-Za-z0-9+/]{22}==$/);
    assert.equal(Buffer.from(key, 'base64').length, 16);
  }
  assert.equal(new Set(keys).size, keys.length);
});

test('the request contains what RFC 6455 section 4.1 requires, and is complete', () => {
  const [requestLine, ...lines] = upgradeRequest('localhost:8080', '/websocket', KEY).split('\r\n');
  assert.equal(requestLine, 'GET /websocket HTTP/1.1');
  assert.deepEqual(lines.toSorted(), [
    '',
    '',
    'Connection: Upgrade',
    'Host: localhost:8080',
    `Sec-WebSocket-Key: ${KEY}`,
    'Sec-WebSocket-Version: 13',
    'Upgrade: websocket',
  ]);
});

test('a response split anywhere opens with its headers, and the data after it is passed on', () => {
  const rest = Buffer.from([0x81, 0x02, 0x0d, 0x0a, 0x0d, 0x0a]);
  const bytes = Buffer.concat([Buffer.from(response()), rest]);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 10 }), (cuts) => {
      const reader = new UpgradeReader(KEY);
      const heard: Buffer[] = [];
      let opened = false;
      let from = 0;
      for (const to of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
        // Uses one buffer for all chunks, as sockets do.
        const chunk = Buffer.from(bytes.subarray(from, to));
        from = to;
        if (opened) {
          heard.push(chunk);
          continue;
        }
        const answer = reader.read(chunk);
        if (answer === null) {
          chunk.fill(0xdd);
          continue;
        }
        assert.ok(answer.ok);
        assert.equal(answer.headers.get('x-bench-worker'), '4711');
        heard.push(answer.rest);
        opened = true;
      }
      assert.ok(opened);
      assert.deepEqual(Buffer.concat(heard), rest);
    }),
  );
});

test('a response split at every byte', () => {
  const text = response();
  for (let cut = 0; cut < text.length; cut++) {
    const reader = new UpgradeReader(KEY);
    assert.equal(reader.read(Buffer.from(text.slice(0, cut))), null);
    assert.equal(reader.read(Buffer.from(text.slice(cut)))?.ok, true);
  }
});

const ANSWERS: [what: string, text: string, expected: string][] = [
  ['names and tokens in any case', response({ Upgrade: 'WebSocket', Connection: 'UPGRADE' }), 'open'],
  ['a list in Connection', response({ Connection: 'keep-alive, Upgrade' }), 'open'],
  ['two Connection fields', response({ connection: 'keep-alive' }), 'open'],
  ['no reason phrase', response({}, 'HTTP/1.1 101 '), 'open'],
  ['no space around a value', `${response().replaceAll(': ', ':')}`, 'open'],
  ['an early hint before it', `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${response()}`, 'open'],
  ['only an early hint', 'HTTP/1.1 103 Early Hints\r\n\r\n', 'none'],
  ['a wrong accept value', response({ 'Sec-WebSocket-Accept': acceptFor('another') }), 'bad-accept'],
  ['an accept value in other case', response({ 'Sec-WebSocket-Accept': ACCEPT.toLowerCase() }), 'bad-accept'],
  ['no accept value', response({ 'Sec-WebSocket-Accept': null }), 'bad-accept'],
  ['no Upgrade', response({ Upgrade: null }), 'protocol-error'],
  ['another Upgrade', response({ Upgrade: 'h2c' }), 'protocol-error'],
  ['no Connection', response({ Connection: null }), 'protocol-error'],
  ['a Connection that merely contains upgrade', response({ Connection: 'no-upgrade' }), 'protocol-error'],
  ['an extension that was not requested', response({ 'Sec-WebSocket-Extensions': 'x' }), 'protocol-error'],
  ['a subprotocol that was not requested', response({ 'Sec-WebSocket-Protocol': 'x' }), 'bad-subprotocol'],
  ['a line without a colon', response({}).replace('X-Bench-Worker: ', 'X-Bench-Worker '), 'protocol-error'],
  ['a field without a name', response({ '': 'x' }), 'protocol-error'],
  ['HTTP/1.0', response({}, 'HTTP/1.0 502 Bad Gateway'), 'status-502'],
  ['another protocol', response({}, 'SSH-2.0-OpenSSH_9.2'), 'protocol-error'],
  ['a status that is not a number', response({}, 'HTTP/1.1 1O1 Switching'), 'protocol-error'],
  ['a status of four digits', response({}, 'HTTP/1.1 1010 Switching'), 'protocol-error'],
  ['a frame', '\x81\x05hello', 'protocol-error'],
  ['a TLS alert', '\x15\x03\x03\x00\x02\x02\x28', 'protocol-error'],
  ['an endless head', `${response().slice(0, -2)}X-Junk: ${'a'.repeat(20_000)}`, 'protocol-error'],
];

for (const [what, text, expected] of ANSWERS) {
  test(`${what}: ${expected}`, () => {
    assert.equal(read(text), expected);
  });
}

test('any other status is reported by its number, with or without a body', () => {
  for (const status of [200, 204, 301, 400, 403, 404, 426, 429, 500, 502, 503, 504]) {
    assert.equal(read(`HTTP/1.1 ${status} Because\r\nContent-Length: 2\r\n\r\nok`), `status-${status}`);
    assert.equal(read(`HTTP/1.1 ${status}\r\n\r\n`), `status-${status}`);
  }
});

test('data that cannot become a response is rejected at the first wrong byte, without waiting for more', () => {
  assert.equal(read('H'), 'none');
  assert.equal(read('HTTP/1.'), 'none');
  assert.equal(read('HTTPS'), 'protocol-error');
  assert.equal(read('\x16'), 'protocol-error');
});

test('a head may have 16 KiB, wherever it begins in the data', () => {
  const hint = 'HTTP/1.1 103 Early Hints\r\n\r\n';
  for (const before of ['', hint]) {
    const start = 'HTTP/1.1 101 Switching Protocols\r\nX: ';
    const head = (bytes: number) => before + start + 'a'.repeat(bytes - start.length);
    assert.equal(read(head(HEAD_MAX)), 'none');
    assert.equal(read(head(HEAD_MAX + 1)), 'protocol-error');
  }
});

test('after an early hint in the same chunk as half of the answer, the other half completes it', () => {
  const reader = new UpgradeReader(KEY);
  const text = response();
  const hint = 'HTTP/1.1 103 Early Hints\r\n\r\n';
  assert.equal(reader.read(Buffer.from(hint + text.slice(0, 40))), null);
  const answer = reader.read(Buffer.from(`${text.slice(40)}rest`));
  assert.ok(answer?.ok);
  assert.equal(answer.rest.toString(), 'rest');
});

test('junk never throws', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), fc.boolean(), (junk, begun) => {
      const reader = new UpgradeReader(KEY);
      if (begun) reader.read(Buffer.from('HTTP/1.1 101 Switching Protocols\r\n'));
      for (const chunk of junk) if (reader.read(Buffer.from(chunk)) !== null) return;
    }),
  );
});

test('subprotocols are offered, and the server must choose one of them', () => {
  const offered = ['news', 'chat'];
  assert.match(upgradeRequest('a', '/', KEY, [], offered), /\r\nSec-WebSocket-Protocol: news, chat\r\n/);
  const choose = (chosen: string | null, subprotocols: string[]) => {
    const text = response({ 'Sec-WebSocket-Protocol': chosen });
    const answer = new UpgradeReader(KEY, subprotocols).read(Buffer.from(text, 'latin1'));
    return answer?.ok === false ? answer.kind : answer?.ok;
  };
  assert.equal(choose('chat', offered), true);
  assert.equal(choose('mail', offered), 'bad-subprotocol');
  assert.equal(choose(null, offered), 'bad-subprotocol');
  assert.equal(choose('chat', []), 'bad-subprotocol');
  assert.equal(choose(null, []), true);
});
