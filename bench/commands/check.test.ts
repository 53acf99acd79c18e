import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SOUND, seenAs, subjectOf, whole } from '../check/check.test.fixture.ts';
import type { CheckInput, CheckReport } from '../check/check.ts';
import type { LintFinding } from '../check/finding.ts';
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

/** Services whose check finds these; and what it was asked. */
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
  test('prints findings like a linter, with what was seen and what to write', async () => {
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

site.conf: 0 errors, 1 warning, 0 notes. WebSockets opened through 1 of 1 candidate location, on Nginx 1.22.1.
`,
    );
  });

  test('ends with 1 where there is an error, also as JSON, with nothing else on stdout', async () => {
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
      changes: [],
    });
  });

  test('hands on how the configuration is read and entered', async () => {
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

  test('takes one path, and no --conf', async () => {
    const { services } = finding([]);
    for (const line of [[], ['a.conf', 'b.conf']]) {
      const { code, said } = await obey(['check', ...line], services);
      assert.deepEqual([code, said.join('').startsWith('`check` takes ')], [2, true]);
    }
    assert.equal((await obey(['check', '--conf', 'a.conf'], services)).code, 2);
  });

  test('shows no control characters of a configuration', async () => {
    const { services } = finding([{ ...WARNING, text: 'location \u001b[2J is cut.' }]);
    const { out } = await obey(['check', 'site.conf'], services);
    assert.ok(!out.includes('\u001b'));
    assert.match(out, /location {2}?\[2J is cut\./);
  });

  test('breaks lines at the width of the terminal', async () => {
    const { services } = finding([{ ...WARNING, text: 'word '.repeat(60).trim() }]);
    const { out } = await obey(['check', 'site.conf'], services, { columns: 70 });
    const texts = out.split('\n').filter((line) => line.startsWith('    word'));
    assert.ok(texts.length > 4 && texts.every((line) => line.length <= 70));
    assert.equal(texts.join(' ').match(/word/g)?.length, 60);
  });
});
