import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';
import { pidsOfChildren, proxyProcesses } from './proxy-processes.ts';

test('the processes of a proxy are its masters and their workers, in the order in which they were seen', async (t) => {
  let files: Record<string, string> = {};
  t.mock.method(fs, 'readFile', async (path: string) => {
    const text = files[path];
    if (text === undefined) throw new Error(`no ${path}`);
    return text;
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  const roleOf = (title: string) =>
    title.startsWith('worker') ? 'worker' : title === 'master' ? 'master' : null;
  const titles = { '/proc/21/cmdline': 'worker', '/proc/9/cmdline': 'worker', '/proc/22/cmdline': 'cache' };
  files = { ...titles, '/proc/5/task/5/children': '21 9 22 23 6 \n', '/proc/6/cmdline': 'master' };
  const list = proxyProcesses('nginx', roleOf, [
    { name: 'nginx master', pid: 5 },
    { name: 'nginx master 2', pid: 6 },
  ]);
  const masters = [
    { component: 'proxy', role: 'master', name: 'nginx master', pid: 5 },
    { component: 'proxy', role: 'master', name: 'nginx master 2', pid: 6 },
  ];
  const worker = (number: number, pid: number) => ({
    ...{ component: 'proxy', role: 'worker', name: `nginx worker ${number}`, pid },
  });
  assert.deepEqual(await list(), [...masters, worker(1, 9), worker(2, 21)]);
  files = {
    ...titles,
    '/proc/3/cmdline': 'worker',
    '/proc/5/task/5/children': '21',
    '/proc/6/task/6/children': '3',
  };
  assert.deepEqual(await list(), [...masters, worker(2, 21), worker(3, 3)]);
  files = {};
  assert.deepEqual(await list(), masters);
  files = { '/proc/5/task/5/children': '6 7 ', '/proc/6/cmdline': 'master', '/proc/7/cmdline': 'worker' };
  assert.deepEqual(
    [await pidsOfChildren(5, roleOf, 'master'), await pidsOfChildren(5, roleOf, 'worker')],
    [[6], [7]],
  );
});
