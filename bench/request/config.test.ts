import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../model/failure.ts';
import type { Command } from './command.ts';
import { optionsFrom, typed } from './config.ts';
import type { Options } from './options.ts';
import { COMMANDS, parseRequest, type Request, readLine, readsConfig, requestFrom } from './request.ts';

function ask(line: string, value: unknown): Request {
  const read = readLine(line.split(' ').filter(Boolean));
  return requestFrom(read, readsConfig(read) ? { name: 'bench.config.ts', value } : null).request;
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

/** Two values for each option, in the order of the table; none for switches. */
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

describe('a configuration file', () => {
  it('makes the same request as a command line, which takes precedence', () => {
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

  it('may contain numbers, lists and switches', () => {
    const value = {
      profile: ['plain', 'tls'],
      connections: 5,
      threshold: ['messages.lost==0'],
      strict: true,
    };
    assert.deepEqual(ask('', value), parse('-p plain,tls -c 5 --threshold messages.lost==0 --strict'));
    assert.deepEqual(ask('', { profile: 'tls', strict: false, pin: false }), parse('-p tls'));
    assert.deepEqual(ask('', { threshold: [] }), { command: 'help', of: null });
    assert.deepEqual(ask('--conf a.conf', { profile: [] }), parse('--conf a.conf'));
    const two = { conf: ['a.conf', 'b.conf'] };
    assert.deepEqual(ask('', two), parse('--conf a.conf --conf b.conf'));
    assert.deepEqual(ask('--conf c.conf', two), parse('--conf c.conf'), 'a list is replaced, not added to');
  });

  it('gives a command only options that it has, and those under its name take precedence', () => {
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
    const { fromFile } = requestFrom(readLine(['up']), { name: 'bench.config.ts', value });
    assert.deepEqual(Object.fromEntries(fromFile), { reply: ['echo'], profile: ['tls'] });
    assert.deepEqual(requestFrom(readLine(['profiles']), { name: 'bench.config.ts', value }), {
      request: parse('profiles'),
      fromFile: new Map(),
    });
    const unknown = { name: 'bench.config.ts', value: { unknown: 1 } };
    assert.deepEqual(requestFrom(readLine(['profiles']), unknown).fromFile, new Map());
    const two = { conf: ['a.conf', 'b.conf'] };
    assert.deepEqual(ask('compare', two), parse('compare --conf a.conf --conf b.conf'));
  });

  it('is overridden by options on the command line that set the same thing', () => {
    const own = { conf: 'site.conf', wsPath: '/live', pin: true };
    assert.deepEqual(ask('-p tls --no-pin', own), parse('-p tls --no-pin'));
    assert.deepEqual(ask('--conf other.conf', own), parse('--conf other.conf --ws-path /live --pin'));
    assert.deepEqual(ask('--conf other.conf', { profile: 'all' }), parse('--conf other.conf'));
  });

  it('is rejected with the most similar name if any key is unknown', () => {
    refused({ conections: 5 }, 'bench.config.ts: "conections" is not an option. Did you mean connections?');
    refused({ nginxWorker: 5 }, /Did you mean nginxWorkers\?$/);
    refused({ 'nginx-worker': 5 }, /Did you mean nginx-workers\?$/);
    refused({ compair: { rounds: 5 } }, /"compair" .* Did you mean compare\?$/);
    refused({ compare: { threshold: 'x' } }, /^bench\.config\.ts: "threshold"/);
    refused({ up: { rounds: 5 } }, /"rounds"/);
    refused({ doctor: { json: true } }, /"doctor" is not an option\.$/);
    refused({ help: true }, /^bench\.config\.ts: help .*command line/);
    refused(JSON.parse('{"__proto__": 1, "constructor": 2}'), /"__proto__"/);
    refused({ noHttp: true, 'no-http': true }, /no-http is given twice/);
  });

  it('is rejected in one sentence if a value has the wrong type', () => {
    refused({ strict: 'yes' }, 'bench.config.ts: strict must be true or false, not "yes".');
    refused({ connections: [5] }, 'bench.config.ts: connections must be a string or a number, not a list.');
    refused({ connections: true }, /not true\.$/);
    refused({ connections: null }, /not an empty value\.$/);
    refused({ name: ' ' }, /not an empty string\.$/);
    refused({ threshold: ['a', {}] }, /or a list of them, not an object\.$/);
    refused({ seed: () => 1 }, /not a function\.$/);
    refused([], 'bench.config.ts: the file must be an object of options, not a list.');
    refused(undefined, /not an empty value\.$/);
    refused({ run: ['x'] }, /^bench\.config\.ts: run must be an object/);
    refused({ duration: 5 }, /^bench\.config\.ts: --duration "5"/);
    refused({ conf: 'x', host: 'a b' }, /^bench\.config\.ts: --host "a b"/, '');
  });

  it('is not blamed for mistakes on the command line', () => {
    assert.throws(() => ask('-p tls -d 5', { connections: 10 }), { message: /^--duration "5"/ });
    // There is no profile, neither on the command line nor in the file.
    assert.throws(() => ask('-c 5', { seed: 10 }), { message: /^No profile/ });
    const withFile = (line: string, value: unknown) => () =>
      requestFrom(readLine(line.split(' ')), { name: 'bench.config.ts', value });
    assert.throws(withFile('-p tls -d 5', { connections: 10 }), { message: /^--duration "5"/ });
    assert.throws(withFile('-c 5', { duration: 5 }), { message: /^No profile/ });
    // Without the file, the line would lack a profile. With it, something else is wrong.
    assert.throws(withFile('-c 5', { profile: 'tls', duration: 5 }), {
      message: /^bench\.config\.ts: --dur/,
    });
    assert.throws(withFile('-c 5', { profile: 'tls', steps: 'latency' }), {
      message: /^bench\.config\.ts: The latency step/,
    });
    // The file is only blamed if the command line would be complete without it.
    refused({ steps: 'throughput' }, /^bench\.config\.ts: --rate/, '-p tls -R 5k');
  });

  it('is recorded by its options, as they would be typed', () => {
    const file = {
      name: 'bench.config.ts',
      value: { connections: 5, noHttp: true, header: ['A: b', 'C: d'], conf: 'x' },
    };
    const { fromFile } = requestFrom(readLine(['-c', '6']), file);
    assert.deepEqual(typed(fromFile), ['--no-http', '--header', 'A: b', '--header', 'C: d', '--conf', 'x']);
  });

  it('is read by commands that have options of their own, unless --no-config is given', () => {
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
    assert.ok(reads('-p tls --config x'));
    const wrong: [line: string, message: RegExp][] = [
      ['profiles --config x', /^`profiles` does not read a configuration file\./],
      ['run tls', /^`run` does not take "tls"\./],
      ['-p tls -d 5', /^--duration "5"/],
      // The file may provide a profile, but not a valid duration.
      ['-d 5', /^--duration "5"/],
      [
        'capacity -p tls --over connections -R 1 -d 1s --objective response.p99<1s',
        /^--rate 1 sends too few/,
      ],
    ];
    for (const [line, message] of wrong) assert.throws(() => reads(line), { kind: 'usage', message }, line);
    assert.ok(reads('-c 5 -R 5 --threshold response.p99<1s'));
  });

  it('may contain every option of every command that reads it', () => {
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
