import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { CHECK_TITLES } from '../wording/check-titles.ts';
import { findingWith, reportOf } from './check.test.fixture.ts';
import { type LintFinding, SEVERITIES } from './finding.ts';
import { checkSarif } from './sarif.ts';

const TOOL = { name: 'nginx-ws-bench', version: '1.2.3' };
const HOSTILE = '\u001b[2J\r\n::error file=x::"\'\\ \u2028\u202e %0A {0} </script> \u0000';

/** The run of a log after a round trip through JSON. */
function runOf(findings: readonly LintFinding[], path = 'site.conf') {
  const log = checkSarif([reportOf(findings, path)], TOOL);
  assert.deepEqual(JSON.parse(JSON.stringify(log)), log);
  return log.runs[0];
}

const placeOf = (finding: LintFinding, path?: string) =>
  runOf([finding], path).results[0]?.locations[0].physicalLocation;

/** Members that SARIF 2.1.0 requires of a log and of everything in it, and those that GitHub requires. */
function validate(log: ReturnType<typeof checkSarif>): void {
  assert.deepEqual(Object.keys(log).sort(), ['$schema', 'runs', 'version']);
  assert.equal(log.version, '2.1.0');
  assert.equal(new URL(log.$schema).protocol, 'https:');
  assert.equal(log.runs.length, 1);
  const [{ tool, results }] = log.runs;
  const { rules, ...driver } = tool.driver;
  assert.deepEqual(driver, TOOL);
  assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length);
  for (const { id, shortDescription } of rules) {
    assert.ok(id !== '');
    if (shortDescription !== undefined) assert.match(shortDescription.text, /^.+\.$/);
  }
  for (const { ruleId, ruleIndex, level, message, locations } of results) {
    assert.equal(rules[ruleIndex]?.id, ruleId);
    assert.ok(['error', 'warning', 'note', 'none'].includes(level));
    assert.ok(message.text !== '');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in a message.
    assert.doesNotMatch(message.text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
    assert.equal(locations.length, 1);
    const { artifactLocation, region } = locations[0].physicalLocation;
    // A URI reference (RFC 3986): only these characters, and whole escapes.
    assert.match(artifactLocation.uri, /^(?:[\w.~!$&'()*+,;=:@/-]|%[\dA-F]{2})+$/);
    assert.ok(Number.isInteger(region.startLine) && region.startLine >= 1);
  }
}

describe('findings as SARIF', () => {
  it('are results of one run, each with its rule, level, message and place', () => {
    const findings = SEVERITIES.map((level) => findingWith({ level }));
    const seen = { code: 'silent-closed', data: {}, text: 'It was closed.' };
    const other = findingWith({ code: 'no-zone', rule: 'zone', level: 'note', seen });
    const log = checkSarif([reportOf(findings, 'a.conf'), reportOf([other], 'b.conf')], TOOL);
    validate(log);
    const [{ tool, results }] = log.runs;
    assert.deepEqual(tool.driver.rules, [
      { id: 'idle-timeout', shortDescription: { text: 'Idle WebSockets are cut.' } },
      { id: 'no-zone', shortDescription: { text: 'An upstream has no zone that all workers share.' } },
    ]);
    assert.deepEqual(
      results.map(({ ruleId, level }) => `${level} ${ruleId}`),
      ['error idle-timeout', 'warning idle-timeout', 'note idle-timeout', 'note no-zone'],
    );
    assert.deepEqual(results[3], {
      ruleId: 'no-zone',
      ruleIndex: 1,
      level: 'note',
      message: { text: 'It is cut.\nSeen: It was closed.' },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'file:///etc/site.conf' },
            region: { startLine: 12 },
          },
        },
      ],
    });
  });

  it('are a valid log if there are none', () => {
    const log = checkSarif([reportOf([])], TOOL);
    validate(log);
    assert.deepEqual(log.runs[0].results, []);
  });

  it('have a description for every code', () => {
    const { tool } = runOf(Object.keys(CHECK_TITLES).map((code) => findingWith({ code })));
    assert.ok(tool.driver.rules.every(({ shortDescription }) => shortDescription !== undefined));
    assert.deepEqual(runOf([findingWith({ code: 'newer' })]).tool.driver.rules, [{ id: 'newer' }]);
  });

  it('name a file below the working directory relative to it, and any other one absolutely', () => {
    const uri = (file: string) => placeOf(findingWith({ origin: { file, line: 3 } }))?.artifactLocation.uri;
    assert.equal(uri(resolve('conf.d/a b%.conf')), 'conf.d/a%20b%25.conf');
    assert.equal(uri(resolve('c:/x.conf')), 'c%3A/x.conf');
    assert.equal(uri(resolve('..x.conf')), '..x.conf');
    assert.equal(uri(resolve('../x.conf')), pathToFileURL(resolve('../x.conf')).href);
    assert.equal(uri('/etc/nginx/a b.conf'), 'file:///etc/nginx/a%20b.conf');
    assert.equal(uri('stdin'), 'stdin');
  });

  it('without a line are shown in the first line of the checked file', () => {
    const place = placeOf(findingWith({ origin: null }), 'conf.d/site.conf');
    assert.deepEqual(place, { artifactLocation: { uri: 'conf.d/site.conf' }, region: { startLine: 1 } });
  });

  it('double the braces of a message, which would begin a placeholder', () => {
    const [result] = runOf([findingWith({ text: 'Location ~ ^/\\d{2} is cut.' })]).results;
    assert.equal(result?.message.text, 'Location ~ ^/\\d{{2}} is cut.');
  });

  it('are valid whatever a configuration and its path contain', () => {
    const hostile = fc.oneof(
      fc.constant(HOSTILE),
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom(...HOSTILE)).map((chars) => chars.join('')),
    );
    const name = hostile.map((text) => `${text.replaceAll('\u0000', '').replaceAll('/', '')}a`);
    const ending = fc.constantFrom('', ' ', '\u000e', '.conf');
    fc.assert(
      fc.property(hostile, hostile, name, ending, fc.boolean(), (text, seenText, start, end, isBelow) => {
        const file = start + end;
        const path = isBelow ? resolve('x', file) : join('/etc', 'nginx', file);
        const seen = { code: 'silent-closed', data: {}, text: seenText };
        const finding = findingWith({ text: `It ${text}`, seen, origin: { file: path, line: 1 } });
        const log = checkSarif([reportOf([finding], file)], TOOL);
        validate(JSON.parse(JSON.stringify(log)));
        const uri = log.runs[0].results[0]?.locations[0].physicalLocation.artifactLocation.uri ?? '';
        const base = pathToFileURL(`${process.cwd()}/`);
        assert.equal(fileURLToPath(new URL(uri, base)), path);
      }),
    );
  });
});
