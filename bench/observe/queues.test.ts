import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseTcpSockets } from './proc.ts';
import { queuesOf, readQueues } from './queues.ts';

/** A line of /proc/net/tcp. */
function line(
  local: number,
  remote: number,
  state: number,
  unsent: number,
  unread: number,
  host = 1,
): string {
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');
  return `   7: 0${host}00007F:${hex(local, 4)} 0100007F:${hex(remote, 4)} ${hex(state, 2)} ${hex(unsent, 8)}:${hex(unread, 8)} 00:00000000 00000000  1000        0 4711 1 0000000000000000 20 4 30 10 -1\n`;
}

const [TARGET, SERVER, CLIENT, PROXY, OTHER] = [4430, 9001, 40_001, 50_001, 22];

const TCP = [
  line(TARGET, 0, 10, 0, 7),
  line(CLIENT, TARGET, 1, 1, 100),
  line(TARGET, CLIENT, 1, 200, 2),
  line(TARGET, CLIENT + 1, 4, 300, 0),
  line(TARGET, CLIENT + 2, 6, 9, 9),
  line(TARGET, CLIENT + 3, 11, 20, 3),
  line(TARGET, CLIENT + 4, 9, 4, 5),
  line(PROXY, SERVER, 1, 3, 400),
  line(SERVER, PROXY, 1, 500, 4),
  line(OTHER, CLIENT, 1, 9, 9),
  line(TARGET, OTHER, 1, 9, 9, 3),
  line(PROXY, SERVER, 1, 3, 400),
].join('');

test('queues are summed by the component that owns the socket', () => {
  assert.deepEqual(queuesOf(TCP, { target: [TARGET], servers: [SERVER] }), {
    client: { open: 1, closing: 0, unread: 100, unsent: 1 },
    proxyClient: { open: 1, closing: 3, unread: 10, unsent: 524 },
    proxyServer: { open: 1, closing: 0, unread: 400, unsent: 3 },
    server: { open: 1, closing: 0, unread: 4, unsent: 500 },
  });
});

test('without a proxy, clients connect to the servers', () => {
  const none = { open: 0, closing: 0, unread: 0, unsent: 0 };
  assert.deepEqual(queuesOf(TCP, { target: [SERVER], servers: [SERVER] }), {
    client: { open: 1, closing: 0, unread: 400, unsent: 3 },
    proxyClient: none,
    proxyServer: none,
    server: { open: 1, closing: 0, unread: 4, unsent: 500 },
  });
});

test('a proxy may listen on the port of a server', () => {
  const ports = { target: [TARGET, SERVER + 1], servers: [SERVER, SERVER + 1] };
  assert.equal(queuesOf(line(PROXY, SERVER, 1, 3, 400), ports).proxyServer.open, 1);
});

test('queues are read with the memory of the proxy and of TCP', (t) => {
  const procfs = mkdtempSync(join(tmpdir(), 'queues-test-'));
  t.after(() => rmSync(procfs, { recursive: true }));
  const ports = { target: [TARGET], servers: [SERVER] };
  const nothing = queuesOf('', ports);
  assert.deepEqual(readQueues(ports, [7], procfs), { proxyBytes: null, tcpBytes: null, ...nothing });
  for (const folder of ['7', 'net']) mkdirSync(join(procfs, folder));
  writeFileSync(join(procfs, '7/smaps_rollup'), 'Pss: 3 kB\n');
  writeFileSync(join(procfs, 'net/sockstat'), 'TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 5\n');
  writeFileSync(join(procfs, 'net/tcp'), TCP);
  const queues = queuesOf(TCP, ports);
  assert.deepEqual(readQueues(ports, [7], procfs), { proxyBytes: 3072, tcpBytes: 20_480, ...queues });
  assert.deepEqual(readQueues(ports, [], procfs), { proxyBytes: null, tcpBytes: 20_480, ...queues });
});

test('an invalid file has no sockets, and listeners are not counted', () => {
  assert.deepEqual(parseTcpSockets(line(TARGET, 0, 10, 0, 7)), []);
  fc.assert(fc.property(fc.string(), (junk) => parseTcpSockets(junk).length === 0));
});
