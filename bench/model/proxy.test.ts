import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROXIES, PROXY, PROXY_KINDS, proxyKindOf } from './proxy.ts';

test('Nginx has its usual limits, and its memory is in bytes', () => {
  const { workerEnded: _, ...facts } = PROXIES.nginx;
  assert.deepEqual(
    [PROXY, PROXY_KINDS, facts],
    [
      'Nginx',
      ['nginx'],
      {
        ...{ title: 'Nginx', configurationFile: 'nginx.conf' },
        ...{ usableConnections: 0.875, connectionsPerWebSocket: 2, mostWorkers: 64 },
        memory: { worker: 12_582_912, webSocket: 17.7 * 1024, tls: 23.8 * 1024 },
      },
    ],
  );
});

test('a line about a worker that ended says how', () => {
  const { workerEnded } = PROXIES.nginx;
  const how = (line: string) => workerEnded.exec(line)?.[1];
  assert.deepEqual(
    [
      how('2025/01/02 [alert] 7#7: worker process 12 exited on signal 9'),
      how('2025/01/02 [alert] 7#7: worker process 12 exited with fatal code 2 and cannot be respawned'),
      how('2025/01/02 [notice] 7#7: worker process 12 exited with code 0'),
    ],
    ['on signal 9', 'with fatal code 2', undefined],
  );
});

test('a configuration is that of the kind of proxy whose file has its name, and otherwise of Nginx', () => {
  assert.deepEqual(['/srv/nginx.conf', 'nginx.conf', '/srv/chat.conf', ''].map(proxyKindOf), [
    ...['nginx', 'nginx', 'nginx', 'nginx'],
  ]);
});
