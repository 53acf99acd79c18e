import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scenarioFileIn, scenarioFileOf } from './scenario-file.ts';

const fileOf = (line: string) => scenarioFileOf(line.split(' '));

test('a command line names a scenario file only where --scenario has a path, and the command takes it', () => {
  assert.equal(fileOf('-p tls --scenario ./chat.ts --room 5'), './chat.ts');
  assert.equal(fileOf('compare plain tls --scenario=chat.ts'), 'chat.ts');
  assert.equal(fileOf('ladder -p tls --scenario ../a/chat.mjs --over rate'), '../a/chat.mjs');
  for (const line of [
    '-p tls',
    '-p tls --scenario idle',
    'profiles --scenario ./chat.ts',
    'nonsense --scenario ./x.ts',
  ])
    assert.equal(fileOf(line), null, line);
  // Its options are part of the help.
  assert.equal(fileOf('run --scenario ./chat.ts --help'), './chat.ts');
  assert.equal(fileOf('run --scenario ./chat.ts -V'), null);
});

test('a configuration file names one for all commands, or for one of them', () => {
  const value = { scenario: './all.ts', compare: { scenario: './compared.ts' } };
  assert.equal(scenarioFileIn({ name: 'bench.config.ts', value }, 'run'), './all.ts');
  assert.equal(scenarioFileIn({ name: 'bench.config.ts', value }, 'compare'), './compared.ts');
  assert.equal(scenarioFileIn({ name: 'bench.config.ts', value }, 'doctor'), null);
  for (const other of [null, 'text', { scenario: 'idle' }, { scenario: 3 }])
    assert.equal(scenarioFileIn({ name: 'bench.config.ts', value: other }, 'run'), null);
});
