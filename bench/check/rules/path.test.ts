import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { described, seenAs, subjectOf, UPGRADE, whole } from '../check.test.fixture.ts';
import type { LocationSeen, Trace } from '../observation.ts';
import { path, slash } from './path.ts';

const UP = UPGRADE.replaceAll('\n', ' ');
const to = (name: string, url: string, rest = '') =>
  `location ${name} {\nproxy_pass ${url}; ${UP}\n${rest} }`;
const REFUSED: LocationSeen['handshake'] = { outcome: 'status-403', arrived: null };

function traceOf(sent: string, received: string | null): Trace {
  const arrived = { httpVersion: '1.1', upgrade: 'websocket', connection: 'upgrade', method: 'GET' };
  return {
    sent: { path: sent, headers: [] },
    received: received === null ? null : { ...arrived, path: received, headers: [] },
    response: null,
  };
}

function found(
  server: string,
  sent: string,
  received: string | null,
  seen: Partial<LocationSeen> = {},
): string[] {
  const subject = subjectOf(whole({ server }));
  return described(path(seenAs(subject, { trace: traceOf(sent, received), ...seen })));
}

/** The kind of change; null if there is none. */
const changeOf = (server: string, sent: string, received: string) =>
  /"change":"(\w+)"/.exec(found(server, sent, received)[0] ?? '')?.[1] ?? null;

describe('a changed path', () => {
  it('is reported with both paths', () => {
    assert.deepEqual(found(to('/ws', 'http://app/'), '/ws/a?b=1', '//a?b=1'), [
      'warning path :12 path-changed {"location":"/ws","change":"doubled","sent":"/ws/a?b=1","received":"//a?b=1"}',
    ]);
  });

  it('is doubled only if it was not sent so', () => {
    assert.equal(changeOf(to('/ws', 'http://app/'), '/ws//a', '//a'), null);
  });

  it('is glued if the location ends with a slash, and the address has a path that does not', () => {
    assert.equal(changeOf(to('/ws/', 'http://app/v1'), '/ws/a', '/v1a'), 'glued');
    assert.equal(changeOf(to('^~ /ws/', 'http://app/v1'), '/ws/a', '/v1a'), 'glued');
    assert.equal(changeOf(to('/ws/', 'http://app/v1'), '/ws/', '/v1'), null);
    assert.equal(changeOf(to('/ws', 'http://app/v1'), '/ws/a', '/v1/a'), null);
    assert.equal(changeOf(to('/ws/', 'http://app'), '/ws/a', '/ws/a'), null);
    assert.equal(changeOf(to('/ws/', 'http://app/v1/'), '/ws/a', '/v1/a'), null);
    assert.equal(changeOf(to('/ws/', 'http://app/v1$uri'), '/ws/a', '/v1/ws/a'), null);
    assert.equal(changeOf(to('= /ws/', 'http://app/v1'), '/ws/a', '/v1'), null);
  });

  it('is cut if the part below the location does not arrive', () => {
    assert.equal(changeOf(to('/ws', 'http://$app/x'), '/ws/a', '/x'), 'cut');
    assert.equal(changeOf(to('^~ /ws', 'http://$app/x'), '/ws/a', '/x'), 'cut');
    assert.equal(changeOf(to('/ws', 'http://$app/x'), '/ws/a', '/xa'), null);
    assert.equal(changeOf(to('/ws', ''), '/ws/a', '/b'), null);
    assert.equal(changeOf(to('/ws', 'http://$app/x'), '/ws', '/x'), null);
    assert.equal(changeOf(to('/ws', 'http://app/x'), '/ws/a', '/y'), null);
    assert.equal(changeOf(to('= /ws', 'http://$app/x'), '/ws/a', '/x'), null);
  });

  it('lost its query if one was sent', () => {
    assert.equal(changeOf(to('= /ws', 'http://app'), '/ws?a', '/ws'), 'query');
    assert.equal(changeOf(to('= /ws', 'http://app'), '/ws', '/ws'), null);
    assert.equal(changeOf(to('= /ws', 'http://app'), '/ws?a', '/ws?b'), null);
  });

  it('is none if any level rewrites it, nothing arrived, or no WebSocket opened', () => {
    const [sent, received] = ['/ws/a', '//a'];
    const server = to('/ws', 'http://app/');
    assert.equal(found(server, sent, received).length, 1);
    assert.deepEqual(found(`rewrite ^/x /y;\n${server}`, sent, received), []);
    assert.deepEqual(found(server, sent, null), []);
    assert.deepEqual(found(server, sent, received, { trace: null }), []);
    assert.deepEqual(found(server, sent, received, { handshake: REFUSED }), []);
    const condition = `location /ws { ${UP} if ($a) { proxy_pass http://app/; } }`;
    assert.deepEqual(found(condition, sent, received), []);
    const stream = subjectOf('stream { server { listen 1; proxy_pass a:1; } }');
    assert.deepEqual(path(seenAs(stream, { trace: traceOf(sent, received) })), []);
    assert.deepEqual(path(subjectOf(whole({ server }))), []);
  });
});

describe('a redirect to the path with a slash', () => {
  const of = (server: string, seen: Partial<LocationSeen> = {}) =>
    described(slash(seenAs(subjectOf(whole({ server })), seen)));

  it('is made for prefixes that end with a slash', () => {
    assert.deepEqual(of(to('/ws/', 'http://app')), [
      'note redirect :11 slash-redirect {"location":"/ws/","path":"/ws"}',
    ]);
    assert.deepEqual(of(to('^~ /ws/', 'http://app')), [
      'note redirect :11 slash-redirect {"location":"^~ /ws/","path":"/ws"}',
    ]);
    for (const name of ['/', '= /ws/', '~ ^/ws/', '/ws', '@ws'])
      assert.deepEqual(of(to(name, 'http://app')), [], name);
  });

  it('is none if another location has exactly that path, or no WebSocket opened', () => {
    const exact = (name: string) => `location ${name} { return 204; }\n${to('/ws/', 'http://app')}`;
    assert.deepEqual(of(exact('= /ws')), []);
    assert.equal(of(exact('/ws')).length, 1);
    assert.deepEqual(of(to('/ws/', 'http://app'), { handshake: REFUSED }), []);
  });
});
