import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../model/failure.ts';
import { DEFAULT_SCENARIO } from '../scenarios/registry.ts';
import { COMMANDS, optionsOf, parseRequest, type RunRequest } from './request.ts';

/** Splits a line at spaces; no test here needs quotes. */
function run(line: string): RunRequest {
  const request = parseRequest(line.split(' '));
  assert.equal(request.command, 'run');
  return request.run;
}

const DEFAULTS: RunRequest = {
  others: [],
  variants: ['tls'],
  configurations: [],
  configurationOptions: {
    roots: [],
    envFile: null,
    keepGuards: false,
    websocketPath: null,
    host: null,
    headers: [],
  },
  scenario: DEFAULT_SCENARIO,
  scenarioOptions: {},
  steps: ['throughput', 'latency'],
  target: { kind: 'sandbox' },
  load: { inFlight: 1, ratePerSecond: null, arrivals: 'uniform' },
  payload: { minBytes: 64, maxBytes: 64, type: 'text' },
  connections: 1000,
  rampPerSecond: 0,
  warmupMs: 2000,
  durationMs: 10_000,
  echoTimeoutMs: 10_000,
  connectTimeoutMs: 10_000,
  client: 'lean',
  engine: null,
  carrier: null,
  server: null,
  backend: null,
  workers: null,
  agents: null,
  servers: null,
  proxyWorkers: null,
  pin: null,
  http: true,
  nginx: { usual: null, named: new Map() },
  seed: null,
  thresholds: [],
  baseline: null,
  strict: false,
  json: false,
  reports: 'reports',
  name: null,
  exports: [],
  live: null,
  quiet: false,
  tags: { labels: {}, note: null, series: null },
  redact: false,
};

test('a profile is enough', () => {
  assert.deepEqual(run('--profile tls'), DEFAULTS);
  assert.deepEqual(run('run --profile tls'), DEFAULTS);
});

test('every option is accepted in its long form', () => {
  const all = run(
    '--profile plain,tls --connections 10k --duration 30s --warmup 500ms --rate 1.5k --arrivals poisson ' +
      '--payload 64-1k --type binary --ramp 500 --client ws --server lean --seed 7 --no-http --connect-timeout 1s ' +
      '--echo-timeout 2s --workers 2 --servers 3 --nginx-workers 4 --pin --nginx /usr/sbin/nginx ' +
      '--conf a.conf --conf b.conf --conf-root /etc/nginx/=./site --env-file .env --ws-path /ws?a=1 ' +
      '--host chat.example --header Origin:https://a.example --keep-guards --baseline direct ' +
      '--threshold response.p99<50ms --threshold messages.lost==0 --strict --json --reports out --name first ' +
      '--export csv --export junit=out/j.xml --live 8080 --quiet ' +
      '--label branch=main --series nightly --redact',
  );
  assert.deepEqual(
    { ...all, thresholds: all.thresholds.map(({ text }) => text) },
    {
      variants: ['direct', 'plain', 'tls'],
      configurations: ['a.conf', 'b.conf'],
      configurationOptions: {
        roots: [{ from: '/etc/nginx', to: './site' }],
        envFile: '.env',
        keepGuards: true,
        websocketPath: '/ws?a=1',
        host: 'chat.example',
        headers: [{ name: 'Origin', value: 'https://a.example' }],
      },
      scenario: DEFAULT_SCENARIO,
      scenarioOptions: {},
      steps: ['latency'],
      target: { kind: 'sandbox' },
      load: { inFlight: 1, ratePerSecond: 1500, arrivals: 'poisson' },
      payload: { minBytes: 64, maxBytes: 1024, type: 'binary' },
      connections: 10_000,
      rampPerSecond: 500,
      warmupMs: 500,
      durationMs: 30_000,
      echoTimeoutMs: 2000,
      connectTimeoutMs: 1000,
      client: 'ws',
      server: 'lean',
      backend: null,
      others: [],
      carrier: null,
      workers: 2,
      agents: null,
      servers: 3,
      proxyWorkers: 4,
      pin: true,
      http: false,
      engine: null,
      nginx: { usual: '/usr/sbin/nginx', named: new Map() },
      seed: 7,
      thresholds: ['response.p99<50ms', 'messages.lost==0'],
      baseline: 'direct',
      strict: true,
      json: true,
      reports: 'out',
      name: 'first',
      exports: [
        { name: 'csv', path: null },
        { name: 'junit', path: 'out/j.xml' },
      ],
      live: { port: 8080 },
      quiet: true,
      tags: { labels: { branch: 'main' }, note: null, series: 'nightly' },
      redact: true,
    },
  );
});

test('the short options of wrk and wrk2 work, with and without a space before the value', () => {
  const request = run('-p tls -c200 -d 3s -w1s -R 10k');
  assert.equal(request.connections, 200);
  assert.equal(request.durationMs, 3000);
  assert.equal(request.warmupMs, 1000);
  assert.equal(request.load.ratePerSecond, 10_000);
  assert.deepEqual(run('-p tls -w 0'), { ...DEFAULTS, warmupMs: 0 });
  assert.equal(run('-p tls --in-flight=16').load.inFlight, 16);
  assert.equal(run('-p tls --no-pin').pin, false);
});

test('an option for one step selects only that step, and --steps selects the named ones', () => {
  for (const [line, steps] of [
    ['-p tls', ['throughput', 'latency']],
    ['-p tls -R 5k', ['latency']],
    ['-p tls --in-flight 4', ['throughput']],
    ['-p tls -R 5k --in-flight 4', ['throughput', 'latency']],
    ['-p tls --arrivals poisson', ['throughput', 'latency']],
    ['-p tls --steps throughput', ['throughput']],
    ['-p tls --steps latency -R 5k', ['latency']],
    ['-p tls --steps latency,throughput -R 5k', ['throughput', 'latency']],
    ['-p tls --steps throughput,latency --in-flight 4', ['throughput', 'latency']],
  ] as const) {
    assert.deepEqual(run(line).steps, steps, line);
  }
});

test('--live takes a port or nothing, and ignores other words', () => {
  assert.deepEqual(run('-p tls --live').live, { port: null });
  assert.deepEqual(run('--live -p tls').live, { port: null });
  assert.deepEqual(run('--live 8080 -p tls').live, { port: 8080 });
  assert.deepEqual(run('--live=8080 -p tls').live, { port: 8080 });
  const request = parseRequest(['compare', '--live', '8080', 'plain', 'tls']);
  assert.ok(request.command === 'compare');
  assert.deepEqual(
    [request.compare.run.live, request.compare.run.variants],
    [{ port: 8080 }, ['plain', 'tls']],
  );
  const named = parseRequest(['compare', '--live', 'plain', 'tls']);
  assert.ok(named.command === 'compare');
  assert.deepEqual(named.compare.run.variants, ['plain', 'tls']);
  assert.equal(run('-p tls -c 4 --workers 4').workers, 4);
  // If --live has its own value, the next number is an unexpected operand.
  assert.throws(() => run('-p tls --live=8080 9090'), /does not take "9090"/);
  assert.throws(() => run('-p tls 8080'), /does not take "8080"/);
  assert.throws(() => run('-p tls --live 70000'), /--live/);
  assert.throws(() => run('-p tls --live=x'), /--live/);
});

test('the other commands', () => {
  assert.deepEqual(parseRequest(['report', 'reports/x']), {
    command: 'report',
    report: { path: 'reports/x', json: false, exports: [] },
  });
  assert.deepEqual(parseRequest(['report', '--json', 'x']), {
    command: 'report',
    report: { path: 'x', json: true, exports: [] },
  });
  assert.deepEqual(parseRequest(['profiles']), { command: 'profiles', profiles: { json: false } });
  for (const argv of [[], ['--help'], ['-h'], ['help'], ['-c', '5', '--help']]) {
    assert.deepEqual(parseRequest(argv), { command: 'help', of: null }, argv.join(' '));
  }
  for (const argv of [
    ['report', '-h'],
    ['help', 'report'],
    ['report', 'x', '--help'],
  ]) {
    assert.deepEqual(parseRequest(argv), { command: 'help', of: 'report' }, argv.join(' '));
  }
  assert.deepEqual(parseRequest(['run', '--help']), { command: 'help', of: 'run' });
  assert.deepEqual(parseRequest(['completion', 'zsh', '-V']), { command: 'version' });
  for (const argv of [['--version'], ['-V'], ['version']])
    assert.deepEqual(parseRequest(argv), { command: 'version' });
});

test('usage errors are reported with a remedy', () => {
  for (const [line, message] of [
    ['-c 5', /--profile tls .*--conf/],
    [
      '-p tls --conections 5',
      /^run has no --conections\. Did you mean --connections\? `run --help` lists its options\.$/,
    ],
    [`-p tls --${'x'.repeat(70)}`, /^run has no --x{58}\. `run --help`/],
    ['help --rate', /^help has no --rate\. It is an option of run, .* `help --help` lists its options\.$/],
    ['version --toString', /^version has no --toString\. `version --help`/],
    ['help reprot', /^"reprot" is not a command\. Did you mean report\?/],
    ['help run tls', /^`help` does not take "tls"\. Leave it out\.$/],
    ['version tls', /^`version` does not take "tls"\. Leave it out\.$/],
    ['-p tls --dur 5s', /Did you mean --duration\?/],
    ['-p tls -x', /^run has no -x\./],
    ['-p tls --toString', /^run has no --toString\./],
    ['-p tls -c', /^-c needs a value: -c N\.$/],
    ['-p tls -c --json', /^-c needs a value/],
    ['-p tls --name=', /^--name needs a value/],
    ['-p tls --json=yes', /^--json takes no value\.$/],
    ['-p tls -c 5 --connections 6', /^--connections is given twice\./],
    ['-p tls -p plain', /^-p is given twice.*commas/],
    ['-p tls --json --json', /^--json is given twice/],
    ['-p tls,', /empty name/],
    ['-p all,tls', /^--profile all cannot be combined/],
    ['-p tls -c many', /^--connections "many" must be a whole number from 1 to 1M\.$/],
    ['-p tls -c 0', /^--connections "0" must be between 1 and 1M\.$/],
    ['-p tls -c -5', /^--connections "-5" must/],
    ['-p tls -d 10', /^--duration "10" needs a unit/],
    ['-p tls -d 0', /^--duration "0" must be between 1ms and 24h\.$/],
    ['-p tls -d 1.5ms', /^--duration "1\.5ms" .*milliseconds/],
    ['-p tls -R 0', /^--rate "0" must be between/],
    ['-p tls --steps speed', /^--steps "speed" .*throughput, latency/],
    ['-p tls --steps throuhgput', /Did you mean throughput\?/],
    ['-p tls --steps throughput -R 5', /^--rate .*latency step, which --steps excludes/],
    ['-p tls --steps latency -R 5 --in-flight 2', /^--in-flight .*throughput step/],
    ['-p tls --in-flight 2 --arrivals poisson', /^--arrivals .*latency step/],
    ['-p tls --steps latency', /--rate 5k/],
    ['-p tls -R 5 --arrivals normal', /^--arrivals "normal" must be uniform or poisson\.$/],
    ['-p tls --carrier io_uring --engine node', /needs Bun/],
    ['-p tls --carrier io_uring --client ws --server ws', /Leave out --client ws or --server ws/],
    ['-p tls --carrier tcp', /auto or sockets or io_uring/],
    ['-p tls --pin --no-pin', /^--pin and --no-pin contradict each other/],
    ['-p tls -c 2 --workers 3', /^--workers 3 .*\(2\)/],
    ['-p tls --client fast', /^--client "fast" must be lean or ws/],
    ['tls', /^"tls" is not a command\..*npm run bench -- --profile tls$/],
    ['reprot x', /Did you mean report\?/],
    ['-p tls plain', /^`run` does not take "plain"\..*--profile/],
    ['--json report', /^The command comes before its options/],
    ['report', /^`report` takes one path/],
    ['report a b', /^`report` takes one path/],
    [
      'report a --rate 5',
      /^report has no --rate\. It is an option of run, compare, capacity, ladder and size\. `report --help`/,
    ],
    [
      'compare plain tls --baseline direct',
      /^compare has no --baseline: its first variant is the baseline\.$/,
    ],
    ['capacity -p tls --threshold messages.lost==0', /^capacity has no --threshold: use --objective\.$/],
    ['profiles tls', /^`profiles` does not take "tls"/],
  ] as const) {
    assert.throws(() => parseRequest(line.split(' ')), { name: 'Problem', kind: 'usage', message }, line);
  }
});

test('every command line is either a request or a Problem of one line', () => {
  const options = Object.values(COMMANDS).flatMap((command) => Object.keys(optionsOf(command)));
  const word = fc.oneof(
    fc.constantFrom(
      ...options.map((name) => `--${name}`),
      '-c',
      '-d',
      '--',
      '-',
      ...Object.keys(COMMANDS),
      'help',
      'all',
      'tls',
    ),
    fc.constantFrom('5', '10k', '30s', '64-1k', 'poisson', 'service.p50<1s', '-1', '--no-json', '--json=1'),
    fc.string(),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (argv) => {
      try {
        parseRequest(argv);
      } catch (error) {
        assert.ok(error instanceof Problem, String(error));
        assert.equal(error.kind, 'usage');
        assert.doesNotMatch(error.message, /[\n\r\u2028]/);
      }
    }),
    { numRuns: 2000 },
  );
});

test("a user's configuration is enough, without any profile", () => {
  assert.deepEqual(run('--conf a.conf'), {
    ...DEFAULTS,
    variants: [],
    configurations: ['a.conf'],
  });
});
