import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions, UsageError } from './options.ts';

test('a misspelt option is taken for the nearest one, if it is near', () => {
  const nearest: [typed: string, option: string | null][] = [
    ['hots', 'host'],
    ['baklog', 'backlog'],
    ['delya', 'delay'],
    ['pings', 'ping'],
    ['close-aftr', 'close-after'],
    ['backward', null],
  ];
  for (const [typed, option] of nearest)
    assert.throws(
      () => parseOptions([`--${typed}`, '1']),
      (error) =>
        error instanceof UsageError &&
        /--([\w-]+)\?$/.exec(error.message)?.[1] === (option ?? undefined) &&
        error.message.includes(`--${typed}`),
    );
});
