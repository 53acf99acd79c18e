import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from './options.ts';
import { ON_BUN, starterOf } from './starter.ts';

test('the kind of server, its carrier and the engine decide what is started', async () => {
  assert.equal(ON_BUN, 'bun' in process.versions);
  const tls = { certPath: 'c.pem', keyPath: 'k.pem' };
  const onSockets = ON_BUN ? 'startLeanServerOnBun' : 'startLeanServer';
  for (const [options, expected] of [
    [{ kind: 'ws', carrier: 'sockets', tls: null }, 'startWsServer'],
    [{ kind: 'ws', carrier: 'sockets', tls }, 'startWsServer'],
    [{ kind: 'lean', carrier: 'sockets', tls: null }, onSockets],
    [{ kind: 'lean', carrier: 'sockets', tls }, onSockets],
    [{ kind: 'ws', carrier: 'io_uring', tls: null }, null],
    [{ kind: 'lean', carrier: 'io_uring', tls: null }, ON_BUN ? 'startLeanServerOnRing' : null],
    // Connections with TLS use the sockets of the engine.
    [{ kind: 'lean', carrier: 'io_uring', tls }, ON_BUN ? 'startLeanServerOnBun' : null],
  ] as const) {
    if (expected === null) await assert.rejects(starterOf(options), UsageError, JSON.stringify(options));
    else assert.equal((await starterOf(options)).name, expected, JSON.stringify(options));
  }
});
