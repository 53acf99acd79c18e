import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeWatcher } from './watched.ts';

interface Entry {
  comm: string;
  parent: number;
  title?: string;
}

/** A folder like /proc with these processes. */
function makeProcfs(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'procfs-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return {
    root,
    set(processes: Readonly<Record<number, Entry>>) {
      rmSync(root, { recursive: true, force: true });
      mkdirSync(join(root, 'sys'), { recursive: true });
      // A process that has just ended.
      mkdirSync(join(root, '999'));
      for (const [pid, { comm, parent, title = comm }] of Object.entries(processes)) {
        const folder = join(root, pid, 'task', pid);
        mkdirSync(folder, { recursive: true });
        const children = Object.entries(processes).filter(([, each]) => each.parent === Number(pid));
        writeFileSync(join(folder, 'children'), children.map(([child]) => `${child} `).join(''));
        writeFileSync(join(root, pid, 'stat'), `${pid} (${comm}) S ${parent} 1 1 0 -1\n`);
        writeFileSync(join(root, pid, 'cmdline'), `${title}\0`);
      }
    },
  };
}

const NGINX: Record<number, Entry> = {
  1: { comm: 'init', parent: 0 },
  7: { comm: 'a) S 9 (b', parent: 1 },
  10: { comm: 'nginx', parent: 1, title: 'nginx: master process nginx -c /secret' },
  11: { comm: 'nginx', parent: 10, title: 'nginx: worker process' },
  12: { comm: 'nginx', parent: 10, title: 'nginx: worker process is shutting down' },
  13: { comm: 'nginx', parent: 10, title: 'nginx: cache manager process' },
};
const TOLD = [
  ['master', 'nginx master', 10],
  ['worker', 'nginx worker 1', 11],
  ['worker', 'nginx worker 2', 12],
];

function found(look: ReturnType<typeof makeWatcher>) {
  const now = look();
  assert.ok('processes' in now, JSON.stringify(now));
  for (const { component } of now.processes) assert.equal(component, 'proxy');
  return now.processes.map(({ role, name, pid }) => [role, name, pid]);
}

test('Nginx is found by its name or its pid, with the roles that its titles tell', (t) => {
  const { root, set } = makeProcfs(t);
  set(NGINX);
  const openFiles = () => readdirSync('/proc/self/fd').length;
  const before = openFiles();
  for (const watch of [{ name: 'nginx' }, { pid: 10 }])
    assert.deepEqual(found(makeWatcher([watch], root)), TOLD);
  assert.ok(!JSON.stringify(makeWatcher([{ pid: 10 }], root)()).includes('secret'));
  assert.equal(openFiles(), before);
});

test('what is missing, or ambiguous, is named', (t) => {
  const { root, set } = makeProcfs(t);
  set({ ...NGINX, 20: { comm: 'nginx', parent: 1, title: 'nginx: master process other' } });
  const lack = (...watches: Parameters<typeof makeWatcher>[0]) => {
    const now = makeWatcher(watches, root)();
    return 'lack' in now ? now.lack : assert.fail();
  };
  assert.equal(lack({ name: 'haproxy' }), 'no process is called haproxy.');
  assert.equal(lack({ pid: 10 }, { name: 'haproxy' }), 'no process is called haproxy.');
  assert.equal(lack({ pid: 99 }), 'there is no process 99.');
  assert.match(lack({ name: 'nginx' }), /^2 .* 10, 20\. .* --watch 10\.$/);
  assert.deepEqual(found(makeWatcher([{ pid: 10 }], root)), TOLD);
});

test('new workers are found, and a new master even when the old one is gone', (t) => {
  const { root, set } = makeProcfs(t);
  set(NGINX);
  const look = makeWatcher([{ name: 'nginx' }], root);
  assert.equal(found(look).length, 3);
  const upgraded = {
    30: { comm: 'nginx', parent: 10, title: 'nginx: master process nginx' },
    31: { comm: 'nginx', parent: 30, title: 'nginx: worker process' },
  };
  set({ ...NGINX, ...upgraded });
  assert.deepEqual(found(look).slice(-2), [
    ['master', 'nginx master 2', 30],
    ['worker', 'nginx worker 3', 31],
  ]);
  set({ ...upgraded, 30: { ...upgraded[30], parent: 1 } });
  assert.deepEqual(
    found(look).map(([, , pid]) => pid),
    [30, 31],
  );
  set({});
  assert.deepEqual(look(), { lack: 'the processes that it watches have exited.' });
});

test('a worker that outlives its master is not watched, and a zombie is not a process', (t) => {
  const { root, set } = makeProcfs(t);
  set(NGINX);
  const look = makeWatcher([{ pid: 10 }, { name: 'a) S 9 (b' }], root);
  assert.deepEqual(found(look), [...TOLD, ['worker', 'nginx worker 3', 7]]);
  set({ 11: { comm: 'nginx', parent: 1, title: 'nginx: worker process' } });
  assert.deepEqual(look(), { lack: 'the processes that it watches have exited.' });
  set(NGINX);
  assert.deepEqual(found(look), [...TOLD, ['worker', 'nginx worker 3', 7]]);
  for (const state of ['Z', 'X']) {
    writeFileSync(join(root, '12', 'stat'), `12 (nginx) ${state} 10 1 1 0 -1\n`);
    assert.deepEqual(found(look).slice(0, -1), TOLD.slice(0, -1));
  }
});

test('processes of another program have a master if one started the others', (t) => {
  const { root, set } = makeProcfs(t);
  set({ 5: { comm: 'haproxy', parent: 1 }, 6: { comm: 'haproxy', parent: 5 } });
  assert.deepEqual(
    found(makeWatcher([{ name: 'haproxy' }], root)).map(([role]) => role),
    ['master', 'worker'],
  );
  set({ 5: { comm: 'haproxy', parent: 1 } });
  assert.deepEqual(
    found(makeWatcher([{ pid: 5 }], root)).map(([role]) => role),
    ['worker'],
  );
});
