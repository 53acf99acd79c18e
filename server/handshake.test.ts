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

  it('is the page of its path, whole, and without the body for HEAD', () => {
    const text = 'Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n';
    const ok = `HTTP/1.1 200 OK\r\n${text}Content-Length: 2\r\n\r\n`;
    const required =
      `HTTP/1.1 426 Upgrade Required\r\nConnection: Upgrade, close\r\n${text}` +
      'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nContent-Length: 63\r\n\r\n' +
      'This is a WebSocket endpoint: connect with a WebSocket client.\n';
    for (const [line, next, expected] of [
      ['GET /health HTTP/1.1', 'next-request', `${ok}ok`],
      ['HEAD /health?x?y HTTP/1.1', 'next-request', ok],
      ['GET /health HTTP/1.0', 'close', `${ok}ok`.replace('OK\r\n', 'OK\r\nConnection: close\r\n')],
      ['GET / HTTP/1.1', 'close', required],
      ['GET /websocket?room=/health HTTP/1.1', 'close', required],
      [
        'POST /health HTTP/1.1',
        'next-request',
        `HTTP/1.1 405 Method Not Allowed\r\n${text}Allow: GET, HEAD\r\nContent-Length: 19\r\n\r\nOnly GET and HEAD.\n`,
      ],
    ] as const) {
      const { next: after, response } = reply(line);
      assert.deepEqual([after, response.toString()], [next, expected], line);
    }
    const page = reply('GET /health/x HTTP/1.1').response.toString();
    assert.match(
      page,
      /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/html; charset=utf-8\r\nCache-Control: public, max-age=60\r\n/,
    );
  });

  it('that rejects a request has no body', () => {
    const rest = 'Connection: close\r\nContent-Length: 0\r\n\r\n';
    for (const [line, expected] of [
      ['junk', `HTTP/1.1 400 Bad Request\r\n${rest}`],
      ['GET / HTTP/2.0', `HTTP/1.1 505 HTTP Version Not Supported\r\n${rest}`],
    ] as const)
      assert.deepEqual(reply(line), { next: 'close', response: Buffer.from(expected) });
    assert.deepEqual(reply('GET / HTTP/1.1', 'Upgrade: websocket', 'Connection: upgrade'), {
      next: 'close',
      response: Buffer.from(`HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\n${rest}`),
    });
    assert.equal(
      statusOf(
        reply('GET / HTTP/1.1', 'Upgrade: websocket', 'Connection: upgrade', 'Sec-WebSocket-Version: 13'),
      ),
      '400',
    );
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
