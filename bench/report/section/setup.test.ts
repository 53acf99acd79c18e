import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeResult } from '../../../test/result.ts';
import { makeRun } from '../../../test/run.ts';
import type { Run, UsedProxy } from '../../model/run.ts';
import { sectionText, shown } from '../page-text.test.fixture.ts';

/** Returns what the section says about Nginx. */
function told(...runs: [variant: string, changes: Partial<UsedProxy>][]): string {
  const made = runs.map(([variant, changes]): Run => {
    const run = makeRun({ profile: 'tls' });
    assert.ok(run.proxy);
    return { ...run, plan: { ...run.plan, variant }, proxy: { ...run.proxy, ...changes } };
  });
  const text = sectionText(shown(makeResult(made)), 'setup');
  return /\sMemory\s.*?\sNginx\s+(.*?)\s+Node\s/s.exec(text)?.[1]?.replaceAll(/\s+/g, ' ') ?? '';
}

const OLD = { version: '1.22.1', openssl: 'OpenSSL 3.0.19' };
const NEW = { version: '1.26.3', openssl: 'OpenSSL 3.5.9', origin: 'nginx 1.26.3-3 of debian:trixie' };

test('a single Nginx is named once; several are named with their variants', () => {
  assert.equal(
    told(['tls', OLD], ['plain', OLD]),
    '1.22.1 (/usr/sbin/nginx) OpenSSL of Nginx OpenSSL 3.0.19',
  );
  assert.equal(
    told(['tls@old', OLD], ['tls@new', NEW], ['tls@new+buf-16k', NEW], ['tls@old', OLD]),
    'tls@old: 1.22.1 (/usr/sbin/nginx); ' +
      'tls@new, tls@new+buf-16k: 1.26.3 (nginx 1.26.3-3 of debian:trixie, /usr/sbin/nginx) ' +
      'OpenSSL of Nginx tls@old: OpenSSL 3.0.19; tls@new, tls@new+buf-16k: OpenSSL 3.5.9',
  );
});

test('the binary of an upgrade is named by its package, or else by its path', () => {
  const upgrade = { binary: '/n', origin: null, version: '1.30.0', openssl: null };
  const of = (...origins: (string | null)[]) =>
    told(
      ...origins.map((origin, at): [string, Partial<UsedProxy>] => [
        `v${at}`,
        { ...OLD, upgrade: { ...upgrade, origin } },
      ]),
    )
      .split(' OpenSSL of')[0]
      ?.split('Nginx after the upgrade ')[1];
  assert.equal(of(null), '1.30.0 (/n)');
  assert.equal(of('debian'), '1.30.0 (debian)');
  assert.equal(of('debian', null), 'v0: 1.30.0 (debian); v1: 1.30.0 (/n)');
});

test('all facts about the machine and the invocation are listed by name', () => {
  const result = makeResult([makeRun({ profile: 'tls' })]);
  const page = shown({ ...result, endedAt: '2025-01-02T03:14:05.000Z' });
  const section = page.slice(page.indexOf('<section id="setup"'));
  const facts = new Map(
    [...section.slice(0, section.indexOf('</dl>')).matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/g)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  );
  const { node, loadAverage1m } = result.environment;
  assert.deepEqual(
    [...facts.keys()],
    [
      'System',
      'CPU',
      'Memory',
      'Nginx',
      'OpenSSL of Nginx',
      'Node',
      'Bun',
      'Open files limit',
      'somaxconn',
      'Local ports',
      'Load average before',
      'Started',
      'Ended',
      'Seed',
      'Thresholds',
      'Bench',
    ],
  );
  for (const [name, value] of [
    ['Node', node],
    ['Load average before', loadAverage1m.toFixed(2)],
    ['Started', result.startedAt],
    ['Ended', '2025-01-02T03:14:05.000Z'],
    ['Seed', String(result.plan.seed)],
    ['Thresholds', 'none'],
  ] as const)
    assert.equal(facts.get(name), value, name);
});

test('the command of a backend is named in the plan, escaped', () => {
  const run = makeRun({ profile: 'tls' });
  const plan = { ...run.plan, server: 'own' as const, backend: 'node <app>.js {port}', servers: 2 };
  const page = shown(makeResult([{ ...run, plan }]));
  assert.ok(page.includes('2 (node &lt;app&gt;.js {port})'));
  assert.ok(!page.includes('<app>'));
});
