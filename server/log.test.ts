import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientOf, logClient } from './log.ts';

test('each action of a client is logged as one line, and no message can end the line or move the cursor', (t) => {
  const { mock } = t.mock.method(console, 'log', () => {});
  const log = logClient(clientOf({ remoteAddress: '127.0.0.1', remotePort: 4000 }));
  log.received(Buffer.from('say "hi"\n\u001b[2J\u009b1A\u202e\u2028é'), true);
  log.received(Buffer.alloc(3), false);
  log.disconnected(1006);
  assert.deepEqual(
    mock.calls.map(({ arguments: [line] }) => line),
    [
      'connected 127.0.0.1:4000',
      'received 127.0.0.1:4000 "say \\"hi\\"\\n\\u001b[2J\\u009b1A\\u202e\\u2028é"',
      'received 127.0.0.1:4000 3 bytes',
      'disconnected 127.0.0.1:4000 1006',
    ],
  );
});

test('at most 200 characters of a message are logged, followed by its size if it is longer', (t) => {
  const { mock } = t.mock.method(console, 'log', () => {});
  const log = logClient('a');
  const logged = (text: string) => {
    log.received(Buffer.from(text), true);
    return String(mock.calls.at(-1)?.arguments[0]).replace('received a ', '');
  };
  for (const character of ['x', 'é', '😀']) {
    const most = character.repeat(200);
    assert.equal(logged(most), `"${most}"`);
    const bytes = Buffer.byteLength(character) * 201;
    assert.equal(logged(most + character), `"${most}" … (${bytes} bytes)`);
  }
});
