import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Reply, replyTo } from './handshake.ts';

const replyToLines = (...lines: string[]) => replyTo(`${lines.join('\r\n')}\r\n\r\n`);

const reply = (requestLine: string, ...headers: string[]) => replyToLines(requestLine, 'Host: x', ...headers);

const statusOf = ({ response }: Reply) => response.toString('latin1', 9, 12);

describe('the reply to a request', () => {
  it('keeps the connection only if the next request starts directly after this one', () => {
    const next = (...headers: string[]) => reply('GET /health HTTP/1.1', ...headers).next;
    assert.equal(next(), 'next-request');
    assert.equal(next('Content-Length: 0'), 'next-request');
    assert.equal(next('Connection: keep-alive, not-close'), 'next-request');
    assert.equal(next('Connection: keep-alive, Close'), 'close');
    // A body would be mistaken for the next request.
    assert.equal(next('Content-Length: 2'), 'close');
    assert.equal(next('Transfer-Encoding: chunked'), 'close');
    assert.equal(reply('GET /health HTTP/1.0').next, 'close');
  });

  it('announces that the connection will close', () => {
    const says = (text: string) => /^Connection: close\r$/m.test(text);
    assert.ok(says(reply('GET /health HTTP/1.0').response.toString()));
    assert.ok(says(reply('junk').response.toString()));
    assert.ok(!says(reply('GET /health HTTP/1.1').response.toString()));
  });

  it('switches to WebSocket only if the request has everything that RFC 6455 section 4.2.1 requires', () => {
    const wanted = {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version': '13',
    };
    const status = (changes: object, requestLine = 'GET / HTTP/1.1') => {
      const lines = Object.entries({ ...wanted, ...changes }).map(([name, value]) => `${name}: ${value}`);
      return statusOf(reply(requestLine, ...lines));
    };
    assert.equal(status({}), '101');
    assert.equal(status({ Connection: 'no-upgrade' }), '426');
    assert.equal(status({ Upgrade: 'h2c' }), '426');
    assert.equal(status({ 'Sec-WebSocket-Version': '8' }), '426');
    assert.equal(status({ 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ' }), '400');
    assert.equal(status({ 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==, a' }), '400');
    assert.equal(status({}, 'POST / HTTP/1.1'), '405');
    // A server ignores an upgrade in HTTP/1.0 (RFC 9110 section 7.8) and treats it as an ordinary request.
    assert.equal(status({}, 'GET / HTTP/1.0'), '426');
    assert.equal(status({}, 'GET /health HTTP/1.0'), '200');
    assert.equal(status({}, 'GET / HTTP/1.2'), '101');
    // Its body would be mistaken for frames.
    assert.equal(status({ 'Content-Length': '2' }), '400');
    assert.equal(status({ 'Transfer-Encoding': 'chunked' }), '400');
    assert.equal(status({ 'Content-Length': '0' }), '101');
  });

  it('rejects an invalid request line, and any major version other than 1', () => {
    const bad = [
      'get / HTTP/1.1',
      'GET  / HTTP/1.1',
      'GET / HTTP/1.1 ',
      'GET /\0 HTTP/1.1',
      'GET /\x7f HTTP/1.1',
    ];
    bad.push('GET / HTTP/1', 'GET / HTTP/1.10', 'GET / http/1.1', 'GET HTTP/1.1', ' GET / HTTP/1.1');
    for (const line of bad) assert.equal(statusOf(reply(line)), '400', JSON.stringify(line));
    for (const version of ['0.9', '2.0', '3.1'])
      assert.equal(statusOf(reply(`GET / HTTP/${version}`)), '505', version);
  });

  it('requires exactly one valid Host, which only HTTP/1.0 may omit', () => {
    const hosts = (version: string, ...values: string[]) =>
      statusOf(replyToLines(`GET /health HTTP/${version}`, ...values.map((value) => `Host: ${value}`)));
    for (const host of ['x', 'x:1', '127.0.0.1:80', '[::1]:80', 'a-b.example', 'ws_upstream'])
      assert.equal(hosts('1.1', host), '200', host);
    for (const host of ['', 'a b', 'a/b', 'a@b', 'a?b', 'ä'])
      assert.deepEqual([hosts('1.1', host), hosts('1.0', host)], ['400', '400'], host);
    assert.deepEqual([hosts('1.1'), hosts('1.0')], ['400', '200']);
    assert.deepEqual(
      [hosts('1.1', 'x', 'x'), hosts('1.0', 'x', 'y'), hosts('1.1', 'x', '')],
      ['400', '400', '400'],
    );
  });

  it('rejects a head with a line that is not a field', () => {
    for (const line of ['X : 1', 'X y: 1', 'X\0: 1', ' folded', 'X: \0', 'X: a\nb', 'X'])
      assert.equal(statusOf(reply('GET /health HTTP/1.1', line)), '400', JSON.stringify(line));
  });
});
