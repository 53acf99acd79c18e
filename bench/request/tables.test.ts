import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Options } from './options.ts';
import { COMMANDS, type CommandName } from './request.ts';

/** The options of a command beside those of `run`: without which, with which of its own, and with which changed. */
function besideRun(name: CommandName) {
  const groups = (command: CommandName): [string, Options][] => Object.entries(COMMANDS[command].options);
  const ofRun = new Map(groups('run').flatMap(([, options]) => Object.entries(options)));
  const [[, added = {}] = [], ...shared] = groups(name);
  const kept = new Map(shared.flatMap(([, options]) => Object.entries(options)));
  const changed = [...kept].filter(([option, { help }]) => help !== ofRun.get(option)?.help);
  // Only the help differs.
  for (const [option, { help: _, ...rest }] of kept) {
    const { help: __, ...same } = ofRun.get(option) ?? assert.fail(option);
    assert.deepEqual(rest, same, option);
  }
  assert.deepEqual(
    shared.map(([heading]) => heading),
    groups('run').map(([heading]) => heading),
  );
  return {
    added: Object.keys(added),
    lacks: [...ofRun.keys()].filter((option) => !kept.has(option)),
    changed: changed.map(([option]) => option),
  };
}

const TARGET = ['target', 'subprotocol', 'expect', 'ca', 'insecure', 'allow-remote', 'remote-limit'];

test('commands that repeat runs have the options of runs that apply to them', () => {
  assert.deepEqual(besideRun('compare'), {
    added: ['tune', 'rounds', 'budget', 'fail-on', 'markdown'],
    lacks: ['profile', 'baseline', ...TARGET, 'no-http', 'threshold', 'strict'],
    changed: ['duration', 'warmup'],
  });
  assert.deepEqual(besideRun('ladder'), {
    added: ['over', 'points', 'rounds'],
    lacks: ['baseline', ...TARGET, 'no-http'],
    changed: [
      ...['profile', 'server', 'scenario', 'connections', 'steps', 'duration', 'warmup', 'rate'],
      'threshold',
    ],
  });
  const scenarioOptions = Object.keys(COMMANDS.run.options['The scenario']);
  const agentOptions = Object.keys(COMMANDS.run.options['Other hosts']);
  assert.deepEqual(besideRun('capacity'), {
    added: ['objective', 'over', 'rate', 'rate-per-connection', 'connections', 'max', 'budget'],
    lacks: [
      ...['baseline', ...TARGET, ...scenarioOptions, 'connections', 'steps', 'rate', 'in-flight', 'no-http'],
      'threshold',
    ],
    changed: ['profile', 'server', 'duration', 'arrivals', 'strict'],
  });
  assert.deepEqual(besideRun('size'), {
    added: ['connections', 'rate', 'churn', 'utilisation', 'check', 'rounds'],
    lacks: [
      ...['baseline', 'server', 'backend', ...TARGET, ...scenarioOptions, 'connections', 'steps', 'rate'],
      ...['arrivals', 'in-flight', 'no-http', 'nginx-workers', ...agentOptions, 'threshold'],
    ],
    changed: ['profile', 'duration', 'warmup', 'payload'],
  });
});

test('every option has a help text and a placeholder, and short options belong to one option', () => {
  for (const [name, { options }] of Object.entries(COMMANDS)) {
    const all: [string, Options[string]][] = Object.values<Options>(options).flatMap((group) =>
      Object.entries(group),
    );
    assert.equal(new Set(all.map(([option]) => option)).size, all.length, name);
    for (const [option, { help, value }] of all) assert.ok(help !== '' && value !== '', `${name} ${option}`);
    const short = all.flatMap(([, option]) => (option.short === undefined ? [] : [option.short]));
    assert.equal(new Set(short).size, short.length, name);
  }
  const many = Object.entries<Options>(COMMANDS.run.options)
    .flatMap(([, options]) => Object.entries(options))
    .filter(([, option]) => option.many === true);
  assert.deepEqual(
    many.map(([option]) => option),
    ['nginx', 'conf', 'conf-root', 'header', 'threshold', 'export', 'label'],
  );
});
