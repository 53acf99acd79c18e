import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../model/failure.ts';
import type { Command } from './command.ts';
import { optionsFrom, typed } from './config.ts';
import type { Options } from './options.ts';
import { COMMANDS, parseRequest, type Request, readLine, readsConfig, requestFrom } from './request.ts';

function ask(line: string, value: unknown): Request {
  return requestFrom(readLine(line.split(' ').filter(Boolean)), { name: 'bench.config.ts', value }).request;
}

const parse = (line: string): Request => parseRequest(line.split(' ').filter(Boolean));

function refused(value: unknown, sentence: string | RegExp, line = '-p tls'): void {
  assert.throws(
    () => ask(line, value),
    (error) => {
      assert.ok(error instanceof Problem && error.kind === 'usage');
      if (typeof sentence === 'string') assert.equal(error.message, sentence);
      else assert.match(error.message, sentence);
      return true;
    },
  );
}

/** Options with two values each, in the order of the table; switches have none. */
const VALUES: Readonly<Record<string, readonly [string, string] | []>> = {
  profile: ['plain', 'tls,http2'],
  server: ['ws', 'lean'],
  connections: ['10', '20k'],
  duration: ['1s', '2m'],
  rate: ['100', '5k'],
  arrivals: ['uniform', 'poisson'],
  payload: ['64', '1k-2k'],
  seed: ['1', '2'],
  'no-http': [],
  'echo-timeout': ['1s', '2s'],
  'nginx-workers': ['1', '2'],
  strict: [],
  name: ['one', 'two'],
};

const camel = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

describe('a file with options', () => {
  it('asks for the same as a command line does, and the command line goes before it', () => {
    const names = Object.keys(VALUES).filter((name) => name !== 'profile');
    const subset = fc.subarray(names);
    fc.assert(
      fc.property(subset, subset, fc.boolean(), fc.boolean(), (inFile, onLine, inCamel, inSection) => {
        const written = inFile.map((name) => {
          const [value = true] = VALUES[name] ?? [];
          return [inCamel ? camel(name) : name, value] as const;
        });
        const options = Object.fromEntries(written);
        const value = inSection ? { profile: 'plain', run: options } : { profile: 'plain', ...options };
        const line = onLine.map((name) => `--${name} ${VALUES[name]?.[1] ?? ''}`).join(' ');
        const rest = inFile.filter((name) => !onLine.includes(name));
        const whole = `-p plain ${line} ${rest.map((name) => `--${name} ${VALUES[name]?.[0] ?? ''}`).join(' ')}`;
        assert.deepEqual(ask(line, value), parse(whole));
      }),
    );
  });

  it('has numbers, lists and switches as values', () => {
    const value = {
      profile: ['plain', 'tls'],
      connections: 5,
      threshold: ['messages.lost==0'],
      strict: true,
    };
    assert.deepEqual(ask('', value), parse('-p plain,tls -c 5 --threshold messages.lost==0 --strict'));
    assert.deepEqual(ask('', { profile: 'tls', strict: false, pin: false }), parse('-p tls'));
    const two = { conf: ['a.conf', 'b.conf'] };
    assert.deepEqual(ask('', two), parse('--conf a.conf --conf b.conf'));
    assert.deepEqual(ask('--conf c.conf', two), parse('--conf c.conf'), 'a list is replaced, not added to');
  });

  it('gives a command only the options that it has, and those under its name before the others', () => {
    const value = {
      profile: 'plain',
      reply: 'echo',
      duration: '1s',
      up: { profile: 'tls' },
      compare: { duration: '2s' },
    };
    assert.deepEqual(ask('up', value), parse('up -p tls --reply echo'));
    assert.deepEqual(ask('compare plain tls', value), parse('compare plain tls -d 2s'));
    assert.deepEqual(ask('profiles', value), parse('profiles'));
    assert.deepEqual(ask('', { up: { profile: 'tls' } }), { command: 'help', of: null });
  });

  it('steps aside where the line answers the same question in another way', () => {
    const own = { conf: 'site.conf', wsPath: '/live', pin: true };
    assert.deepEqual(ask('-p tls --no-pin', own), parse('-p tls --no-pin'));
    assert.deepEqual(ask('--conf other.conf', own), parse('--conf other.conf --ws-path /live --pin'));
    assert.deepEqual(ask('--conf other.conf', { profile: 'all' }), parse('--conf other.conf'));
  });

  it('is refused with the nearest name for a key that is none, wherever it stands', () => {
    refused(
      { conections: 5 },
      'bench.config.ts: there is no option "conections" here. Did you mean connections?',
    );
    refused({ nginxWorker: 5 }, /Did you mean nginxWorkers\?$/);
    refused({ 'nginx-worker': 5 }, /Did you mean nginx-workers\?$/);
    refused({ compair: { rounds: 5 } }, /there is no option "compair" here\. Did you mean compare\?$/);
    refused({ compare: { threshold: 'x' } }, /^bench\.config\.ts: there is no option "threshold" here/);
    refused({ up: { rounds: 5 } }, /there is no option "rounds" here/);
    refused({ doctor: { json: true } }, /there is no option "doctor" here\.$/);
    refused({ help: true }, 'bench.config.ts: help is for the command line alone: leave it out.');
    refused(JSON.parse('{"__proto__": 1, "constructor": 2}'), /there is no option "__proto__" here\.$/);
    refused({ noHttp: true, 'no-http': true }, /no-http is there twice; --no-http has two spellings\.$/);
  });

  it('is refused in one sentence for a value of the wrong type', () => {
    refused({ strict: 'yes' }, 'bench.config.ts: strict is a switch: true or false, not "yes".');
    refused({ connections: [5] }, 'bench.config.ts: connections takes a text or a number, not a list.');
    refused({ connections: true }, /takes a text or a number, not true\.$/);
    refused({ connections: null }, /not nothing\.$/);
    refused({ name: ' ' }, /not an empty text\.$/);
    refused({ threshold: ['a', {}] }, /takes a text or a number, or a list of them, not an object\.$/);
    refused({ seed: () => 1 }, /not a function\.$/);
    refused([], 'bench.config.ts: the file has to be an object with options by their names, not a list.');
    refused(undefined, /not nothing\.$/);
    refused({ run: ['x'] }, /^bench\.config\.ts: run has to be an object/);
    refused({ duration: 5 }, /^bench\.config\.ts: --duration "5" has no unit/);
    refused({ conf: 'x', host: 'a b' }, /^bench\.config\.ts: --host "a b" is no host name/, '');
  });

  it('is not blamed for what the line has wrong', () => {
    assert.throws(() => ask('-p tls -d 5', { connections: 10 }), { message: /^--duration "5" has no unit/ });
  });

  it('is known by what it gave, as one would type it', () => {
    const file = {
      name: 'bench.config.ts',
      value: { connections: 5, noHttp: true, header: ['A: b', 'C: d'], conf: 'x' },
    };
    const { fromFile } = requestFrom(readLine(['-c', '6']), file);
    assert.deepEqual(typed(fromFile), ['--no-http', '--header', 'A: b', '--header', 'C: d', '--conf', 'x']);
  });

  it('is read for what has options of its own, unless the line says otherwise', () => {
    const reads = (line: string) => readsConfig(readLine(line.split(' ').filter(Boolean)));
    assert.deepEqual(['', '-p tls', 'up', 'compare a b', 'publish'].map(reads), Array(5).fill(true));
    const without = [
      '--help',
      'run --help',
      '--version',
      'help',
      'version',
      'completion bash',
      'doctor',
      'profiles',
      'report reports/x',
      '-p tls --no-config',
    ];
    assert.deepEqual(without.map(reads), Array(without.length).fill(false));
    assert.throws(() => reads('--config x --no-config'), { message: /contradict each other/ });
  });

  it('can have every option of every command that reads it', () => {
    for (const [name, command] of Object.entries<Command<unknown>>(COMMANDS)) {
      if (command.takesFromFile === false) continue;
      const options: Options = Object.assign({}, ...Object.values(command.options));
      for (const [option, { value }] of Object.entries(options)) {
        const file = { name: 'x.ts', value: { [name]: { [camel(option)]: value === null ? true : 'text' } } };
        assert.deepEqual([...optionsFrom(file, name, COMMANDS)], [[option, value === null ? [] : ['text']]]);
      }
    }
  });
});
