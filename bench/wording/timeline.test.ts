import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionsText, actionText } from './timeline.ts';

test('actions on several servers share a label; other actions have their own', () => {
  const kill = (server: number) => ({ kind: 'kill-server' as const, server });
  assert.equal(actionsText([kill(0), kill(1), kill(2)]), 'echo servers 1–3 killed');
  assert.equal(actionsText([{ kind: 'start-server', server: 1 }]), 'echo server 2 started again');
  assert.equal(actionsText([{ kind: 'reload' }]), 'reload');
});

test('each kind of action has its label', () => {
  assert.deepEqual(
    (['kill-server', 'start-server', 'stop-server', 'continue-server'] as const).map((kind) =>
      actionText({ kind, server: 2 }),
    ),
    ['killed', 'started again', 'stopped', 'continued'].map((done) => `echo server 3 ${done}`),
  );
  assert.deepEqual(
    [actionText({ kind: 'upgrade', to: null }), actionText({ kind: 'upgrade', to: 'new' })],
    ['upgrade', 'upgrade to new'],
  );
  const reload = { kind: 'reload' } as const;
  const kill = { kind: 'kill-server', server: 4 } as const;
  assert.deepEqual(
    [actionsText([]), actionsText([kill]), actionsText([reload, kill]), actionsText([reload, kill, kill])],
    ['', 'echo server 5 killed', 'reload', 'reload'],
  );
  assert.equal(actionsText([kill, { kind: 'kill-server', server: 6 }]), 'echo servers 5, 7 killed');
});
