import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makeOpenFolder } from '../../test/folder.ts';
import { makeResult } from '../../test/result.ts';
import { CLOSED, makeRun, OPEN } from '../../test/run.ts';
import { runLoop } from '../experiment/loop.ts';
import type { BenchEvent } from '../model/event.ts';
import { stored } from '../model/finding.ts';
import type { ShippedTuning } from '../model/profile.ts';
import type { Run } from '../model/run.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { profileNamed, SMALL_MACHINE } from '../plan/plan.test.fixture.ts';
import type { PlannedRun } from '../plan/plan.ts';
import type { PreparedProxy } from '../topology/driver.ts';
import type { ExitCode } from './exit-code.ts';
import { main } from './main.ts';
import type { ExperimentRequest, Services } from './services.ts';

const TUNINGS = ['buf-16k', 'placebo'].map(tuningNamed);
const PROFILES = [profileNamed('direct'), profileNamed('plain'), profileNamed('tls')];

const NGINX: NginxBinary = {
  path: '/usr/sbin/nginx',
  version: '1.22.1',
  openssl: 'OpenSSL 3.0.19',
  buildArguments: '',
  modulesPath: null,
  streamModule: null,
  libraryPath: null,
  origin: null,
};

/** A configuration that lacks nothing. It is not started, because no experiment is real. */
export const PREPARED: PreparedProxy = {
  upstreamTls: false,
  clientTls: false,
  lackIn: () => null,
  check: async () => {},
  start: async () => assert.fail('nothing is started'),
};

/** A tuning for every profile. */
export function tuningNamed(name: string): ShippedTuning {
  return {
    name,
    text: 'events { multi_accept on; }',
    question: 'Does it help?',
    load: '',
    expect: 'No.',
    profiles: null,
  };
}

/** A run as it comes out of the experiment when all goes well; short, so that tests are. */
export function goodRun({ plan }: Pick<PlannedRun, 'plan'>): Run {
  const load = plan.step === 'throughput' ? CLOSED : OPEN;
  const run = makeRun({ profile: plan.profile, seconds: 1, connections: 10, perSecond: 1000, load });
  const limit = {
    component: plan.step === 'throughput' ? 'proxy' : 'schedule',
    evidence: stored('It was busy.'),
  } as const;
  return { ...run, plan, validity: { ...run.validity, limit } };
}

/** An experiment whose runs are made up: all of it but for the processes. */
export function experimentOf(execute: (planned: PlannedRun, input: ExperimentRequest) => Promise<Run>) {
  return (input: ExperimentRequest): Promise<boolean> =>
    runLoop({
      strategy: input.strategy,
      planRun: input.planRun,
      signal: input.signal,
      emit: (event) => tell(input, event),
      async execute(planned) {
        const run = await execute(planned, input);
        return { ...run, notices: [...run.notices, ...input.assess(run)] };
      },
    });
}

/** Hands an event to all who listen. */
export async function tell(input: ExperimentRequest, event: BenchEvent): Promise<void> {
  await Promise.all(input.listeners.map((listen) => listen(event)));
}

/** Everything but the experiment works; that one runs everything well. */
export function fakeServices(changes: Partial<Services> = {}): Services {
  return {
    loadProfiles: async () => PROFILES,
    loadTunings: async () => TUNINGS,
    findProxy: async () => NGINX,
    findNginx: async () => NGINX,
    prepareProxy: async () => PREPARED,
    checkSide: async () => {},
    findCalibration: async () => null,
    keepCalibration: async () => '/nowhere/calibration.json',
    canObserve: () => true,
    readEnvironment: async () => makeResult([]).environment,
    readMachine: async () => SMALL_MACHINE,
    examine: async () => assert.fail('nothing is examined'),
    watchMachine: async () => [],
    runExperiment: experimentOf(async (planned) => goodRun(planned)),
    findAgents: async () => assert.fail('no agents are needed'),
    serveAgent: async () => {},
    keepUp: async () => {},
    readConfigFile: async () => null,
    addScenario: async () => {},
    checkConfiguration: async ({ path }) => ({
      path,
      nginx: { path: '/usr/sbin/nginx', version: '1.22.1' },
      tried: true,
      candidates: [],
      seen: null,
      findings: [],
      changes: [],
    }),
    readStandardInput: async () => assert.fail('standard input is not read'),
    readVersion: async () => '1.2.3',
    readIdentity: () => ['alices-laptop', 'alice'],
    now: () => new Date('2025-01-02T03:04:05Z'),
    elapsedMs: () => 0,
    drawSeed: () => 42,
    ...changes,
  };
}

/** What came of one command line. */
export interface Ended {
  code: ExitCode;
  out: string;
  /** Lines on stderr, without those that tell how the runs go. */
  said: string[];
  /** Those, where there is no terminal: each begins with the number of its run. */
  told: string[];
  /** Drawn on the terminal. */
  drawn: string;
}

/** Obeys one command line against fakes. */
export async function obey(
  argv: readonly string[],
  services: Services,
  {
    signals = new EventEmitter(),
    columns = null as number | null,
    debug = false,
    exit = (code: ExitCode): void => assert.fail(`ended with ${code}`),
  } = {},
): Promise<Ended> {
  const ended: Omit<Ended, 'code'> = { out: '', said: [], told: [], drawn: '' };
  const terminal = {
    print(text: string) {
      ended.out += `${text}\n`;
    },
    say: (line: string) => void (/^\[\d+\/\d+\] /.test(line) ? ended.told : ended.said).push(line),
    draw:
      columns === null
        ? null
        : (text: string) => {
            ended.drawn += text;
          },
    columns,
    rows: columns === null ? null : 24,
  };
  const code = await main(argv, terminal, { signals, debug, exit }, services);
  return { code, ...ended };
}

/** A folder that is gone when the test has ended. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = makeOpenFolder(join(tmpdir(), 'commands-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Files of a folder and of those in it, sorted; without the distributions, of which there are many. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.hgrm'))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
