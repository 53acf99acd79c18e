import { EventEmitter } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makeResult } from '../../test/result.ts';
import { CLOSED, makeRun } from '../../test/run.ts';
import { figuresOf } from '../measure/figures.ts';
import { Problem } from '../model/failure.ts';
import type { Result } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import { profileNamed, SMALL_MACHINE } from '../plan/plan.test.fixture.ts';
import { writeResult } from '../store/write.ts';
import type { ExitCode } from './exit-code.ts';
import { main } from './main.ts';
import type { ExperimentRequest, Services } from './services.ts';

const PROFILES = [profileNamed('direct'), profileNamed('plain'), profileNamed('tls')];

/** A run as it comes out of the experiment when all goes well; short, so that tests are. */
export function goodRun(profile = 'tls'): Run {
  return makeRun({ profile, seconds: 1, connections: 10, perSecond: 1000, load: CLOSED });
}

/** What the experiment makes of its input, with these runs. */
export function resultOf({ id, plan, environment, notices }: ExperimentRequest, runs: Run[]): Result {
  return { ...makeResult(runs), id, plan, environment, notices };
}

/** Everything but the experiment works; that one runs every profile well. */
export function fakeServices(changes: Partial<Services> = {}): Services {
  return {
    loadProfiles: async () => PROFILES,
    chooseProfiles(all, names) {
      const chosen = all.filter(({ name }) => names === 'all' || names.split(',').includes(name));
      if (chosen.length === 0) throw new Problem('usage', `There is no profile "${names}".`);
      return chosen;
    },
    readEnvironment: async () => makeResult([]).environment,
    readMachine: async () => SMALL_MACHINE,
    async runExperiment(input) {
      const result = resultOf(
        input,
        input.runs.map(({ profile }) => goodRun(profile.name)),
      );
      await input.save(result);
      return result;
    },
    figuresOf,
    writeResult,
    async writeListing() {},
    async writeReport(folder, result) {
      const path = join(folder, 'report.html');
      await writeFile(path, result.id);
      return path;
    },
    async readResult(path) {
      return JSON.parse(await readFile(path, 'utf8'));
    },
    jsonSummary: ({ id }, reportPath) => ({ id, reportPath }),
    summaryText: () => 'All went well.\n',
    progressLine: ({ phase }) => `in ${phase}`,
    readVersion: async () => '1.2.3',
    now: () => new Date('2025-01-02T03:04:05Z'),
    drawSeed: () => 42,
    ...changes,
  };
}

/** What came of one command line. */
export interface Ended {
  code: ExitCode;
  out: string;
  /** Lines on stderr, and what was drawn between them. */
  said: string[];
  drawn: string;
}

/** Obeys one command line against fakes. */
export async function obey(
  argv: readonly string[],
  services: Services,
  { signals = new EventEmitter(), columns = null as number | null, debug = false } = {},
): Promise<Ended> {
  const ended: Omit<Ended, 'code'> = { out: '', said: [], drawn: '' };
  const terminal = {
    print(text: string) {
      ended.out += `${text}\n`;
    },
    say: (line: string) => void ended.said.push(line),
    draw(text: string) {
      ended.drawn += text;
    },
    columns,
  };
  const code = await main(argv, terminal, { signals, debug }, services);
  return { code, ...ended };
}

/** A folder that is gone when the test has ended. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'commands-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
