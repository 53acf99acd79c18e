import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, test } from 'node:test';
import { reportOf, SOUND, seenAs, subjectOf, whole } from '../check/check.test.fixture.ts';
import type { CheckInput, CheckReport } from '../check/check.ts';
import type { LintFinding } from '../check/finding.ts';
import { Problem } from '../model/failure.ts';
import { fakeServices, obey } from './services.test.fixture.ts';

const WARNING: LintFinding = {
  rule: 'idle-timeout',
  level: 'warning',
  origin: { file: '/etc/site.conf', line: 12 },
  code: 'idle-timeout',
  data: { seconds: 60 },
  text: 'It is cut.',
  seen: { code: 'silent-closed', data: {}, text: 'It was closed.', closeCode: 1006, seconds: 1 },
  remedies: [
    { block: 'location', lines: ['proxy_read_timeout  1h;'] },
    { block: 'main', lines: ['worker_rlimit_nofile  40000;'] },
  ],
};
const ERROR: LintFinding = { ...WARNING, rule: 'upgrade', level: 'error', seen: null, remedies: [] };

/** Services whose check reports these findings, and the inputs it was called with. */
function finding(findings: readonly LintFinding[], changes: Partial<CheckReport> = {}) {
  const asked: CheckInput[] = [];
  const subject = seenAs(subjectOf(whole({ server: SOUND })), {});
  const services = fakeServices({
    async checkConfiguration(input) {
      asked.push(input);
      return {
        path: input.path,
        nginx: { path: '/usr/sbin/nginx', version: '1.22.1' },
        tried: true,
        candidates: subject.candidates,
        seen: subject.seen,
        findings,
        changes: [],
        ...changes,
      };
    },
  });
  return { asked, services };
}

describe('check', () => {
  test('prints findings like a linter, with observations and remedies', async () => {
    const { services } = finding([WARNING], {
      changes: [
        { level: 'info', code: 'sandbox-ocsp', data: {}, text: 'Left out of the run: ssl_stapling.' },
      ],
    });
    const { code, out } = await obey(['check', 'site.conf'], services);
    assert.equal(code, 0);
    assert.equal(
      out,
      `/etc/site.conf:12  warning  [idle-timeout]
    It is cut.
    Seen: It was closed.
    In location, write:
        proxy_read_timeout  1h;
    Outside all blocks, write:
        worker_rlimit_nofile  40000;

Changed for the trial:
    Left out of the run: ssl_stapling.

site.conf: 0 errors, 1 warning, 0 notes. WebSockets could be opened through 1 of 1 candidate location, on Nginx 1.22.1.
`,
    );
  });

  test('exits with 1 if there is an error, also with JSON, which is the only output on stdout', async () => {
    const { services } = finding([ERROR, WARNING]);
    const { code, out } = await obey(['check', 'site.conf', '--json'], services);
    assert.equal(code, 1);
    const { findings, counts, locations, ...rest } = JSON.parse(out);
    assert.deepEqual(counts, { error: 1, warning: 1, note: 0 });
    assert.deepEqual(findings[1], {
      rule: 'idle-timeout',
      level: 'warning',
      file: '/etc/site.conf',
      line: 12,
      code: 'idle-timeout',
      data: { seconds: 60 },
      text: 'It is cut.',
      seen: WARNING.seen,
      remedies: WARNING.remedies,
    });
    assert.deepEqual(
      [locations.length, locations[0].path, locations[0].handshake.outcome],
      [1, '/ws', 'echoed'],
    );
    assert.deepEqual(rest, {
      schemaVersion: 1,
      path: 'site.conf',
      nginx: { path: '/usr/sbin/nginx', version: '1.22.1' },
      tried: true,
      capacity: null,
      changes: [],
    });
  });

  test('passes on how the configuration is read and requested', async () => {
    const { asked, services: others } = finding([]);
    const sources: (string | null)[] = [];
    const services = {
      ...others,
      findNginx(...[source, progress]: Parameters<typeof others.findNginx>) {
        sources.push(source);
        return others.findNginx(source, progress);
      },
    };
    const line = ['--conf-root', '/etc/nginx=./site', '--ws-path', '/ws?a=b', '--host', 'a.org'];
    const header = ['--header', 'Origin: https://a.org', '--keep-guards', '--nginx', './nginx'];
    await obey(['check', 'site.conf', ...line, ...header], services);
    assert.deepEqual(
      asked.map(({ path, configuration }) => ({ path, configuration })),
      [
        {
          path: 'site.conf',
          configuration: {
            roots: [{ from: '/etc/nginx', to: './site' }],
            envFile: null,
            keepGuards: true,
            websocketPath: '/ws?a=b',
            host: 'a.org',
            headers: [{ name: 'Origin', value: 'https://a.org' }],
          },
        },
      ],
    );
    assert.deepEqual(sources, ['./nginx']);
  });

  test('takes at least one path, and no --conf', async () => {
    const { services } = finding([]);
    const { code, said } = await obey(['check'], services);
    assert.deepEqual([code, said.join('').startsWith('`check` takes ')], [2, true]);
    assert.equal((await obey(['check', '--conf', 'a.conf'], services)).code, 2);
  });

  test('prints no control characters of a configuration', async () => {
    const { services } = finding([{ ...WARNING, text: 'location \u001b[2J is cut.' }]);
    const { out } = await obey(['check', 'site.conf'], services);
    assert.ok(!out.includes('\u001b'));
    assert.match(out, /location {2}?\[2J is cut\./);
  });

  test('wraps lines at the width of the terminal', async () => {
    const { services } = finding([{ ...WARNING, text: 'word '.repeat(60).trim() }]);
    const { out } = await obey(['check', 'site.conf'], services, { columns: 70 });
    const texts = out.split('\n').filter((line) => line.startsWith('    word'));
    assert.ok(texts.length > 4 && texts.every((line) => line.length <= 70));
    assert.equal(texts.join(' ').match(/word/g)?.length, 60);
  });
});

/**
 * Services whose check reports the findings listed for each file, and the files in the order in which they were
 * checked.
 */
function byFile(found: Readonly<Record<string, readonly LintFinding[]>>) {
  const { services: others } = finding([]);
  const asked: (readonly [path: string, text: string | null])[] = [];
  const binaries: CheckInput['binary'][] = [];
  const services = {
    ...others,
    async checkConfiguration(input: CheckInput) {
      asked.push([input.path, input.text]);
      binaries.push(input.binary);
      const findings = found[input.path];
      if (findings === undefined) throw new Problem('usage', `${input.path} cannot be read.`);
      return reportOf(findings, input.path);
    },
    readStandardInput: async () => 'events { }',
  };
  return { asked, binaries, services };
}

describe('check of several files', () => {
  test('checks one after the other with the same Nginx, and exits with 1 if one has an error', async () => {
    const { asked, binaries, services } = byFile({ 'a.conf': [ERROR], 'b.conf': [WARNING], 'c.conf': [] });
    for (const format of ['text', 'json', 'sarif', 'github']) {
      const ended = async (...files: string[]) =>
        (await obey(['check', ...files, '--format', format], services)).code;
      assert.equal(await ended('b.conf', 'a.conf', 'c.conf'), 1, format);
      assert.equal(await ended('b.conf', 'c.conf'), 0, format);
    }
    assert.deepEqual(
      asked.slice(0, 3).map(([path]) => path),
      ['b.conf', 'a.conf', 'c.conf'],
    );
    assert.equal(new Set(binaries.slice(0, 3)).size, 1);
  });

  test('prints the text of each, separated by an empty line', async () => {
    const { services } = byFile({ 'a.conf': [ERROR], 'b.conf': [] });
    const { out } = await obey(['check', 'a.conf', 'b.conf'], services);
    assert.equal(
      out,
      `/etc/site.conf:12  error  [upgrade]
    It is cut.

a.conf: 1 error, 0 warnings, 0 notes. No WebSocket was tried.

b.conf: 0 errors, 0 warnings, 0 notes. No WebSocket was tried.
`,
    );
  });

  test('prints one JSON object with an entry per file, each as for a single file', async () => {
    const { services } = byFile({ 'a.conf': [ERROR], 'b.conf': [] });
    const json = async (...files: string[]) =>
      JSON.parse((await obey(['check', ...files, '--json'], services)).out);
    assert.deepEqual(await json('a.conf', 'b.conf'), {
      files: [
        { file: 'a.conf', ...(await json('a.conf')) },
        { file: 'b.conf', ...(await json('b.conf')) },
      ],
    });
  });

  test('prints one SARIF run for all, with the version of the bench', async () => {
    const { services } = byFile({ 'a.conf': [ERROR], 'b.conf': [WARNING] });
    const { out } = await obey(['check', 'a.conf', 'b.conf', '--format', 'sarif'], services);
    const { version, runs } = JSON.parse(out);
    assert.deepEqual([version, runs.length, runs[0].results.length], ['2.1.0', 1, 2]);
    const { name, version: own } = runs[0].tool.driver;
    assert.deepEqual([name, own], ['nginx-ws-bench', '1.2.3']);
  });

  test('prints workflow commands, or nothing if there are no findings', async () => {
    const { services } = byFile({ 'a.conf': [{ ...ERROR, text: 'One\n::warning::two' }], 'b.conf': [] });
    const github = async (...files: string[]) =>
      (await obey(['check', ...files, '--format', 'github'], services)).out;
    assert.equal(
      await github('a.conf', 'b.conf'),
      '::error file=/etc/site.conf,line=12,title=Idle WebSockets are cut::One ::warning::two\n',
    );
    assert.equal(await github('b.conf'), '');
  });

  test('exits with 2 if a file cannot be read, and prints nothing that would look like a complete result', async () => {
    const { services } = byFile({ 'a.conf': [ERROR], 'c.conf': [] });
    const ask = (format: string) =>
      obey(['check', 'a.conf', 'b.conf', 'c.conf', '--format', format], services);
    for (const format of ['json', 'sarif', 'github']) {
      const { code, out, said } = await ask(format);
      assert.deepEqual([code, out, said], [2, '', ['b.conf cannot be read.']], format);
    }
    const { code, out } = await ask('text');
    assert.deepEqual([code, /^a\.conf: 1 error/m.test(out), out.includes('c.conf')], [2, true, false]);
  });
});

describe('check of standard input', () => {
  test('is called stdin and read once, whatever its position among the files', async () => {
    const { asked, services } = byFile({
      stdin: [{ ...ERROR, origin: { file: 'stdin', line: 2 } }],
      'a.conf': [],
    });
    const { code, out } = await obey(['check', '-'], services);
    assert.equal(code, 1);
    assert.match(out, /^stdin:2 {2}error {2}\[upgrade\]\n/);
    assert.match(out, /^stdin: 1 error,/m);
    assert.equal((await obey(['check', 'a.conf', '-'], services)).code, 1);
    assert.deepEqual(asked, [
      ['stdin', 'events { }'],
      ['a.conf', null],
      ['stdin', 'events { }'],
    ]);
  });

  test('is not read unless an operand asks for it', async () => {
    const { asked, services } = byFile({ stdin: [], './-': [] });
    const unread = { ...services, readStandardInput: () => assert.fail('read') };
    assert.equal((await obey(['check', 'stdin', './-'], unread)).code, 0);
    assert.deepEqual(asked, [
      ['stdin', null],
      ['./-', null],
    ]);
  });

  test('is a usage error if it cannot be read, and nothing is checked', async () => {
    const { asked, services } = byFile({});
    const readStandardInput = async () => {
      throw new Problem('usage', 'It is too large.');
    };
    const { code, said } = await obey(['check', '-'], { ...services, readStandardInput });
    assert.deepEqual([code, said, asked], [2, ['It is too large.'], []]);
  });

  test('is no longer waited for after a signal', async () => {
    const signals = new EventEmitter();
    const { services } = byFile({});
    const readStandardInput = async (signal: AbortSignal) => {
      signals.emit('SIGINT');
      throw signal.reason;
    };
    const { code, said } = await obey(['check', '-'], { ...services, readStandardInput }, { signals });
    assert.deepEqual([code, said], [130, ['Interrupted before the check was complete.']]);
  });
});
