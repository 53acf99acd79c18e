import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeResult } from '../../test/result.ts';
import { makeRun, OPEN } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import { METRICS, metricsOf } from '../metrics/metrics.ts';
import { Problem } from '../model/failure.ts';
import type { Result, ResultHead } from '../model/result.ts';
import { profileNamed } from '../plan/plan.test.fixture.ts';
import { COMMANDS, type CommandName, optionsOf } from '../request/request.ts';
import { ownDefinition } from '../scenarios/own-definition.ts';
import { addScenario } from '../scenarios/registry.ts';
import { readResult } from '../store/read.ts';
import { makeResultWriter } from '../store/writer.ts';
import { EXIT } from './exit-code.ts';
import { helpText } from './help.ts';
import { watchSignals } from './interruption.ts';
import { nodeVersionProblem } from './node-version.ts';
import { fakeServices, obey, temporaryFolder } from './services.test.fixture.ts';

test('help lists every command and metric, and the options of a run', async () => {
  const { code, out, said } = await obey(['--help'], fakeServices());
  assert.deepEqual([code, said], [0, []]);
  assert.equal(out, `${helpText(null)}\n`);
  for (const name of Object.keys(COMMANDS)) assert.match(out, new RegExp(`^  ${name}\\b`, 'm'));
  for (const name of Object.keys(optionsOf(COMMANDS.run))) assert.match(out, new RegExp(`--${name}\\b`));
  for (const { name: metric } of METRICS) {
    for (const part of metric.split('.')) assert.match(out, new RegExp(`\\b${part}\\b`));
  }
  for (const line of out.split('\n')) assert.ok(line.length <= 100, line);
});

test('help explains every exit code', () => {
  const [, listed = ''] = helpText(null).split('\nExit codes:\n');
  const codes = [...listed.matchAll(/^ {2}(\d+) +\S/gm)].map(([, code]) => Number(code));
  assert.deepEqual(codes, Object.values(EXIT));
});

test('the help of a command lists its options, within 100 columns', async () => {
  for (const name of Object.keys(COMMANDS) as CommandName[]) {
    const { code, out } = await obey([name, '--help'], fakeServices());
    assert.equal(code, 0);
    assert.deepEqual((await obey(['help', name], fakeServices())).out, out);
    assert.match(out, new RegExp(`^Usage: npm run bench -- ${name}\\b`, 'm'));
    for (const option of Object.keys(optionsOf(COMMANDS[name])))
      assert.match(out, new RegExp(`--${option}\\b`));
    for (const line of out.split('\n')) assert.ok(line.length <= 100, line);
  }
});

test('if an option is wider than its column, its explanation is on the next line', () => {
  assert.match(helpText('check'), /^ {6}--format text\|json\|sarif\|github\n {34}Format of the findings /m);
});

test('the version and the profiles are printed', async () => {
  assert.deepEqual(await obey(['--version'], fakeServices()), {
    code: 0,
    out: '1.2.3\n',
    said: [],
    told: [],
    drawn: '',
  });
  const { out } = await obey(['profiles'], fakeServices());
  assert.match(out, /^direct +The direct profile\n +What does it cost\?\nplain +The plain profile\n/);
  assert.match(out, /\n\nTunings \(apply .*\nbuf-16k +Does it help\?\nplacebo +Does it help\?\n/);
  const rare = { ...profileNamed('rare'), inAll: false };
  const others = fakeServices({ loadProfiles: async () => [profileNamed('tls'), rare] });
  assert.match(
    (await obey(['profiles'], others)).out,
    /^tls .*\n.*\n\nNot part of `all`; .*\nrare .*\n.*\n\nTunings/,
  );
  const json = await obey(['profiles', '--json'], fakeServices());
  assert.deepEqual(
    JSON.parse(json.out).map((profile: { name: string }) => profile.name),
    ['direct', 'plain', 'tls'],
  );
});

test('`report` redraws a stored result, given its folder or its file', async (t) => {
  const folder = join(await temporaryFolder(t), 'stored');
  const writer = makeResultWriter(folder, headOf(makeResult([makeRun({ seconds: 1 })])));
  await writer.begin();
  for (const asked of [folder, join(folder, 'result.json')]) {
    const { code, out } = await obey(['report', asked], fakeServices());
    assert.equal(code, 0);
    assert.ok(out.endsWith(`\nReport: ${join(folder, 'report.html')}\n`), out);
  }
});

function headOf({ endedAt: _, conclusions: _c, runs: _r, ...head }: Result): ResultHead {
  return head;
}

test('a usage error exits with 2 and prints a sentence, but nothing on stdout', async () => {
  for (const argv of [
    ['--bogus'],
    ['-p', 'nonesuch'],
    ['-p', 'tls', '-c', 'x'],
    ['report'],
    ['report', '/no/such/result'],
  ]) {
    const { code, out, said } = await obey(argv, fakeServices());
    assert.deepEqual([code, out, said.length], [2, '', 1], argv.join(' '));
    assert.doesNotMatch(said.join(), /\n/);
  }
});

test('a defect is one sentence; the stack trace is printed on request', async () => {
  const broken = fakeServices({
    loadProfiles: async () => {
      throw new TypeError('this is\nnot a function');
    },
  });
  const plain = await obey(['profiles'], broken);
  assert.equal(plain.code, 1);
  assert.match(
    plain.said.join('\n'),
    /^This is a bug in nginx-ws-bench: TypeError: this is not a function\. .*$/,
  );
  const full = await obey(['profiles'], broken, { debug: true });
  assert.match(full.said.join('\n'), /\n {4}at /);
});

test('a second Ctrl-C counts if it comes at least half a second after the first', () => {
  let now = 1000;
  const source = new EventEmitter();
  const { signal, urgent, release } = watchSignals(source, () => now);
  source.emit('SIGINT');
  assert.deepEqual([signal.aborted, urgent.aborted], [true, false]);
  now = 1499;
  source.emit('SIGTERM');
  assert.equal(urgent.aborted, false);
  now = 1500;
  source.emit('SIGINT');
  assert.equal(urgent.aborted, true);
  release();
  assert.deepEqual(source.eventNames(), []);
});

test('a second Ctrl-C ends the process, even if it waits for something that never ends', async (t) => {
  const signals = new EventEmitter();
  let begun = () => {};
  const waiting = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const services = fakeServices({
    findProxy() {
      begun();
      return new Promise<never>(() => {});
    },
  });
  const ended: number[] = [];
  void obey(['-p', 'tls'], services, { signals, exit: (code) => ended.push(code) });
  await waiting;
  signals.emit('SIGINT');
  await sleep(600);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  signals.emit('SIGINT');
  assert.deepEqual(ended, []);
  t.mock.timers.tick(3_000);
  assert.deepEqual(ended, [130]);
});

test('options of a configuration file are said, and become part of the recorded command line', async (t) => {
  const recorded = async (value: unknown) => {
    const reports = await temporaryFolder(t);
    const services = fakeServices({ readConfigFile: async () => ({ name: 'bench.config.ts', value }) });
    const argv = ['-p', 'direct', '--steps', 'throughput', '--reports', reports];
    const { said, code } = await obey(argv, services);
    assert.equal(code, 0, said.join());
    const [id = ''] = (await readdir(reports)).filter((name) => name.startsWith('2025'));
    const { plan } = await readResult(join(reports, id));
    return [plan.command.slice(argv.length), plan.command.slice(0, argv.length).join() === argv.join(), said];
  };
  assert.deepEqual(await recorded({ connections: 50, quiet: true }), [
    ['--connections', '50', '--quiet', '--no-config'],
    true,
    ['Options from bench.config.ts: --connections, --quiet'],
  ]);
  // The line has all of these options.
  assert.deepEqual(await recorded({ steps: 'latency' }), [[], true, []]);
  assert.deepEqual(await recorded({}), [[], true, []]);
});

test('every metric that a threshold can name is a figure of a run', () => {
  const run = makeRun({ seconds: 1, load: OPEN });
  const metrics = metricsOf(figuresOf(run), run.plan);
  for (const { name } of METRICS) assert.ok(Object.hasOwn(metrics, name), name);
  assert.equal(metrics['connections.asked'], 1000);
});

test('if a signal interrupts the download of Nginx, the message names the work that was prevented', async (t) => {
  const reports = await temporaryFolder(t);
  const told = async (...line: string[]) => {
    const signals = new EventEmitter();
    const interrupted = async ({ signal }: { signal: AbortSignal }) => {
      signals.emit('SIGINT');
      throw signal.reason;
    };
    const services = fakeServices({
      findProxy: (_kind, _source, progress) => interrupted(progress),
      findNginx: (_source, progress) => interrupted(progress),
    });
    const { code, said } = await obey(line, services, { signals });
    return `${code} ${said.join()}`;
  };
  assert.equal(await told('up', '-p', 'tls'), '130 Interrupted before everything was running.');
  assert.equal(await told('check', 'nginx.conf'), '130 Interrupted before the check was complete.');
  const measured = '130 Interrupted before anything was measured.';
  assert.equal(await told('-p', 'tls', '--reports', reports), measured);
  assert.equal(await told('compare', 'plain', 'tls', '--reports', reports), measured);
});

test('what goes wrong after a signal is an interruption; what goes wrong without one, or by mistake, is not', async () => {
  const told = async (error: Error, isInterrupted: boolean) => {
    const signals = new EventEmitter();
    const services = fakeServices({
      async findProxy() {
        if (isInterrupted) signals.emit('SIGTERM');
        throw error;
      },
    });
    const { code, said } = await obey(['up', '-p', 'tls'], services, { signals });
    assert.equal(signals.eventNames().length, 0, 'nothing listens any longer');
    return [code, said.join()];
  };
  const [aborted, problem] = [
    new DOMException('x', 'AbortError') as Error,
    new Problem('environment', 'Nginx is gone.'),
  ];
  assert.deepEqual(await told(aborted, true), [130, 'Interrupted before everything was running.']);
  assert.deepEqual(await told(problem, true), [130, 'Nginx is gone.']);
  assert.deepEqual(await told(problem, false), [1, 'Nginx is gone.']);
  assert.deepEqual(await told(new Problem('result', 'It is damaged.'), false), [2, 'It is damaged.']);
  for (const isInterrupted of [true, false])
    assert.equal((await told(new TypeError('a slip'), isInterrupted))[0], 1);
  assert.equal((await told(aborted, false))[0], 1);
  assert.doesNotMatch(String((await told(aborted, false))[1]), /^Interrupted/);
});

test('a scenario file is loaded before the rest of the line is read; one on the line takes precedence', async () => {
  const loaded = async (line: string, scenario: string | null) => {
    const paths: string[] = [];
    const services = fakeServices({
      readConfigFile: async () =>
        scenario === null ? null : { name: 'bench.config.ts', value: { scenario } },
      addScenario: async (path) => void paths.push(path),
    });
    // It is not known to be a scenario afterwards, so the line is rejected.
    assert.equal((await obey(line.split(' '), services)).code, 2);
    return paths;
  };
  assert.deepEqual(await loaded('-p tls --scenario ./x.ts', null), ['./x.ts']);
  assert.deepEqual(await loaded('compare plain tls', './y.ts'), ['./y.ts']);
  assert.deepEqual(await loaded('-p tls --scenario ./x.ts', './y.ts'), ['./x.ts']);
});

test('Node versions below 20.19 are rejected with a sentence', () => {
  for (const version of ['v20.19.0', 'v20.20.1', 'v22.0.0', 'v24.1.0']) {
    assert.equal(nodeVersionProblem(version), null);
  }
  for (const version of ['v20.18.3', 'v18.20.0', 'v8.0.0']) {
    assert.match(
      nodeVersionProblem(version) ?? '',
      /^nginx-ws-bench needs Node 20\.19 or newer, but this is v/,
    );
  }
});

test('the help of a command that takes a scenario file has its options and metrics', () => {
  const chat = {
    ...{ name: 'chat', title: 'Chat', question: 'How fast?', steps: [{ name: 'chat', load: 'open' }] },
    options: {
      room: { value: 'N', kind: 'count', least: 1, most: 9, default: 1, help: 'members of a room' },
    },
    recorded: { counters: ['joined'] },
    metrics: [{ name: 'chat.joined', title: 'clients that joined', of: { counter: 'joined' } }],
    ...{ reconnects: true, conversation: () => ({ request: () => 'x', message: () => 'answer' }) },
  };
  addScenario(ownDefinition(chat, '/chat.ts', './chat.ts'), './chat.ts');
  for (const help of [helpText('run'), helpText('compare'), helpText(null)]) {
    assert.match(help, /^The scenario file:\n {6}--room N +members of a room$/m);
    if (help.includes('--threshold')) assert.match(help, /^ {2}chat\n {6}\.joined$/m);
    assert.equal(help.match(/--reconnect /g)?.length, 1);
  }
  assert.doesNotMatch(helpText('check'), /--room/);
});
