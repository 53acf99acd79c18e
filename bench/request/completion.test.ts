import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SHELLS } from './completion.ts';
import { parseRequest } from './request.ts';

test('a completion script is for exactly one known shell', () => {
  for (const shell of SHELLS)
    assert.deepEqual(parseRequest(['completion', shell]), { command: 'completion', completion: { shell } });
  const start = /^`completion` takes the name of one shell: bash, zsh, fish\. For example: /;
  for (const [operands, message] of [
    [[], start],
    [['bash', 'zsh'], start],
    [['bsh', 'zsh'], start],
    [['bsh'], /^`completion` takes .* fish\. Did you mean bash\? For example: /],
    [['powershell'], start],
  ] as const)
    assert.throws(() => parseRequest(['completion', ...operands]), { kind: 'usage', message });
});
