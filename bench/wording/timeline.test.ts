import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionsText } from './timeline.ts';

test('actions on several servers share a label; other actions have their own', () => {
  const kill = (server: number) => ({ kind: 'kill-server' as const, server });
  assert.equal(actionsText([kill(0), kill(1), kill(2)]), 'echo servers 1–3 killed');
  assert.equal(actionsText([{ kind: 'start-server', server: 1 }]), 'echo server 2 started again');
  assert.equal(actionsText([{ kind: 'reload' }]), 'reload');
});
