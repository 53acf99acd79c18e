import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { echo } from '../scenarios/echo/definition.ts';
import { addScenario } from '../scenarios/registry.ts';
import { allOptions, COMMON_OPTIONS, type Options, readOptions } from './options.ts';

const KNOWN: Options = {
  size: { short: 's', value: 'N', help: '' },
  port: { value: '[PORT]', optional: /^\d+$/, help: '' },
  quiet: { short: 'q', value: null, help: '' },
  label: { value: 'TEXT', many: true, help: '' },
  profile: { short: 'p', value: 'NAMES', help: '' },
};

function read(...args: string[]) {
  const { given, operands } = readOptions(args, KNOWN, (typed) => new Problem('usage', `unknown ${typed}`));
  return [Object.fromEntries(given), operands];
}

const refused = (args: string[], message: string) =>
  assert.throws(() => read(...args), { kind: 'usage', message }, args.join(' '));

describe('a command line', () => {
  test('consists of options with their values in order, and of operands', () => {
    assert.deepEqual(read('a', '-s', '5', '--label', 'x', 'b', '--label=y', '-q', '--', '--size'), [
      { size: ['5'], label: ['x', 'y'], quiet: [] },
      ['a', 'b', '--size'],
    ]);
    assert.deepEqual(read('-s', '-5', '--label=-q'), [{ size: ['-5'], label: ['-q'] }, []]);
  });

  test('has a word after an option whose value may be omitted as its value only if it fits', () => {
    assert.deepEqual(read('--port'), [{ port: [] }, []]);
    assert.deepEqual(read('--port', '80', '90'), [{ port: ['80'] }, ['90']]);
    assert.deepEqual(read('--port', 'a', '80'), [{ port: [] }, ['a', '80']]);
    assert.deepEqual(read('--port=80', '90'), [{ port: ['80'] }, ['90']]);
    assert.deepEqual(read('--quiet', '80'), [{ quiet: [] }, ['80']]);
    assert.deepEqual(read('--size=1', '80'), [{ size: ['1'] }, ['80']]);
  });

  test('is rejected if an option is unknown, lacks its value, has one too many or is repeated', () => {
    refused(['--colour'], 'unknown --colour');
    refused(['-x'], 'unknown -x');
    refused(['--toString'], 'unknown --toString');
    for (const args of [['-s'], ['-s', '-q'], ['-s', ' ']]) refused(args, '-s needs a value: -s N.');
    refused(['--size='], '--size needs a value: --size N.');
    refused(['-q', '--quiet'], '--quiet is given twice. Give it once.');
    refused(['-p', 'a', '-p', 'b'], '-p is given twice. Give it once, with commas between the names.');
    refused(['--quiet=1'], '--quiet takes no value.');
  });
});

test("a command with a scenario also has the options of the user's scenario, unless it has one of that name", () => {
  const scenario = { value: 'NAME', help: '' };
  const hops = { kind: 'count', value: 'N', help: '', least: 1, most: 9, default: 2 } as const;
  const add = (options: Record<string, typeof hops>) =>
    addScenario({ ...echo, name: 'own', file: './own.ts', options }, './own.ts');
  const groups = { One: KNOWN, Two: { scenario } };
  assert.deepEqual(allOptions(groups), { ...KNOWN, scenario });
  add({ hops });
  assert.deepEqual(allOptions(groups), { ...KNOWN, scenario, hops });
  assert.deepEqual(allOptions({ One: KNOWN }), KNOWN);
  for (const [taken, ...others] of [['size'], ['debug'], ['quiet', 'size']] as const) {
    add({ hops, ...Object.fromEntries([taken, ...others].map((name) => [name, hops])) });
    assert.throws(() => allOptions(groups), {
      kind: 'usage',
      message: new RegExp(`^The scenario file defines an option ${taken},`),
    });
  }
  assert.ok('debug' in COMMON_OPTIONS);
});
