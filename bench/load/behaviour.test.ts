import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scenarioNamed } from '../scenarios/registry.ts';
import { behaviourOf } from './behaviour.ts';

test('a worker learns what the scenario’s definition and the options say', () => {
  const { recorded } = scenarioNamed('connect');
  const options = { resume: 'on', close: 'server' };
  assert.deepEqual(behaviourOf({ scenario: 'connect', options }), {
    client: 'connect',
    recorded,
    work: 'handshakes',
    resumes: true,
    serverCloses: true,
  });
  assert.deepEqual(behaviourOf({ scenario: 'connect', options: { resume: 'off', close: 'client' } }), {
    client: 'connect',
    recorded,
    work: 'handshakes',
    resumes: false,
    serverCloses: false,
  });
});

test('without other words in the definition, the work is messages, and sessions are not resumed', () => {
  for (const [scenario, client] of [
    ['echo', 'echo'],
    ['mixed', scenarioNamed('mixed').client ?? 'mixed'],
  ] as const)
    assert.deepEqual(behaviourOf({ scenario, options: {} }), {
      client,
      recorded: scenarioNamed(scenario).recorded,
      work: 'messages',
      resumes: false,
      serverCloses: false,
    });
});
