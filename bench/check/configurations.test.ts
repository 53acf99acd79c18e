import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeOpenFolder } from '../../test/folder.ts';
import { findNginx, type NginxBinary } from '../nginx/binary.ts';
import { atLeast } from '../nginx/version.ts';
import { type CheckReport, check } from './check.ts';
import type { LintFinding } from './finding.ts';

/** Configurations with real-world faults, and the expected findings. */
const FOLDER = fileURLToPath(new URL('../../../test/fixtures/configurations/', import.meta.url));
const NEVER = new AbortController().signal;

interface Expected {
  level: string | string[];
  location?: string;
  rule?: string;
  file?: string;
  line: number;
  because?: number[];
  /** The first version without the fault. */
  until?: string;
}
interface Expectation {
  check: Expected[];
  clean?: string[];
  errors?: number;
  warnings?: number;
}

let root: string;
let binary: NginxBinary;
before(async () => {
  root = makeOpenFolder(join(tmpdir(), 'configurations-test-'));
  process.env.TMPDIR = root;
  binary = await findNginx({
    source: null,
    searchPath: process.env.PATH ?? '',
    cacheDir: fileURLToPath(new URL('../../../.cache', import.meta.url)),
    say: () => {},
  });
});
after(() => rm(root, { recursive: true, force: true }));

function checked(name: string, keepGuards = false): Promise<CheckReport> {
  const configuration = {
    roots: [],
    envFile: null,
    keepGuards,
    websocketPath: null,
    host: null,
    headers: [],
  };
  const path = join(FOLDER, name, 'nginx.conf');
  return check({ path, text: null, configuration, binary, signal: NEVER, urgent: NEVER, say: assert.fail });
}

/** `/ (line 31)` means the location on that line. */
const named = (location: string) => location.replace(/ \(line \d+\)$/, '');

function meets(found: LintFinding, { level, location, rule, file = '', line, because = [] }: Expected) {
  return (
    [level].flat().includes(found.level) &&
    found.origin?.line === line &&
    found.origin.file.endsWith(file) &&
    (rule === undefined || found.rule === rule) &&
    (location === undefined || found.data.location === named(location)) &&
    because.every((each) => new RegExp(`:${each}\\b`).test(JSON.stringify(found.data)))
  );
}

/** Returns the findings on a location, given as written or with its line. */
function faultsOf(location: string, { findings, candidates }: CheckReport): LintFinding[] {
  const line = /^the location at line (\d+)$/.exec(location)?.[1];
  const candidate = candidates.find(({ self }) => self.origin?.line === Number(line));
  const isAbout = ({ data, origin }: LintFinding) =>
    line === undefined
      ? data.location === location
      : origin !== null && origin.line === candidate?.self.origin?.line;
  return findings.filter((each) => each.level !== 'note' && isAbout(each));
}

describe('a configuration with a real-world fault', () => {
  for (const name of readdirSync(FOLDER)) {
    it(name, async () => {
      const expectation: Expectation = JSON.parse(readFileSync(join(FOLDER, name, 'expected.json'), 'utf8'));
      const report = await checked(name);
      const said = JSON.stringify(
        report.findings.filter(({ level }) => level !== 'note'),
        ['rule', 'level', 'code', 'origin', 'line', 'data', 'location'],
        1,
      );
      for (const expected of expectation.check.filter(
        ({ until }) => until === undefined || !atLeast(binary.version, until),
      )) {
        assert.ok(
          report.findings.some((found) => meets(found, expected)),
          `${JSON.stringify(expected)} is not in ${said}`,
        );
      }
      for (const location of expectation.clean ?? [])
        assert.deepEqual(faultsOf(location, report), [], location);
      const count = (level: string) => report.findings.filter((found) => found.level === level).length;
      if (expectation.errors !== undefined) assert.equal(count('error'), expectation.errors, said);
      if (expectation.warnings !== undefined) assert.equal(count('warning'), expectation.warnings, said);
    });
  }
});

it('a simulated authentication service answers, so that kept access rules cause no error', async () => {
  const { findings, candidates, seen } = await checked('auth-subrequest-upgrade', true);
  assert.deepEqual(
    findings.filter(({ level }) => level === 'error'),
    [],
  );
  for (const each of candidates) assert.equal(seen?.locations.get(each)?.handshake.outcome, 'echoed');
});
