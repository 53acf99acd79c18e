import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { replyTo } from './handshake.ts';

const reply = (requestLine: string, ...headers: string[]) =>
  replyTo(`${[requestLine, 'Host: x', ...headers].join('\r\n')}\r\n\r\n`);

describe('the reply to a request', () => {
  it('keeps the connection for the next request only where that begins behind this one', () => {
    const next = (...headers: string[]) => reply('GET /health HTTP/1.1', ...headers).next;
    assert.equal(next(), 'next-request');
    assert.equal(next('Content-Length: 0'), 'next-request');
    assert.equal(next('Connection: keep-alive, not-close'), 'next-request');
    assert.equal(next('Connection: keep-alive, Close'), 'close');
    // A body would be taken for the next request.
    assert.equal(next('Content-Length: 2'), 'close');
    assert.equal(next('Transfer-Encoding: chunked'), 'close');
    assert.equal(reply('GET /health HTTP/1.0').next, 'close');
  });

  it('says that it closes', () => {
    const says = (text: string) => /^Connection: close\r$/m.test(text);
    assert.ok(says(reply('GET /health HTTP/1.0').response.toString()));
    assert.ok(says(reply('junk').response.toString()));
    assert.ok(!says(reply('GET /health HTTP/1.1').response.toString()));
  });

  it('switches to WebSocket only where all that RFC 6455 section 4.2.1 asks for is there', () => {
    const wanted = {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version': '13',
    };
    const status = (changes: object, requestLine = 'GET / HTTP/1.1') => {
      const lines = Object.entries({ ...wanted, ...changes }).map(([name, value]) => `${name}: ${value}`);
      return reply(requestLine, ...lines).response.toString('latin1', 9, 12);
    };
    assert.equal(status({}), '101');
    assert.equal(status({ Connection: 'no-upgrade' }), '426');
    assert.equal(status({ Upgrade: 'h2c' }), '426');
    assert.equal(status({ 'Sec-WebSocket-Version': '8' }), '426');
    assert.equal(status({ 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ' }), '400');
    assert.equal(status({ 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==, a' }), '400');
    assert.equal(status({}, 'POST / HTTP/1.1'), '405');
    assert.equal(status({}, 'GET / HTTP/2.0'), '400');
  });
});
