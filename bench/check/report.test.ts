import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { parse } from '../nginx/parse.ts';
import { print } from '../nginx/print.ts';
import { directives, type Node } from '../nginx/tree.ts';
import { remedyHeading, seenSentence } from '../wording/check.ts';
import { finding } from '../wording/finding.ts';
import {
  findingWith,
  OPENED,
  ofServer,
  reportOf,
  SOUND,
  seenAs,
  subjectOf,
  whole,
} from './check.test.fixture.ts';
import { countByLevel, evidence, shownFile, shownPlace, sorted } from './finding.ts';
import { checkJson, checksJson } from './json.ts';
import { remedyLines, sentencesOf } from './message.ts';
import { shortened } from './shortened.ts';
import { withAuthStandIn } from './stand-in.ts';
import {
  blockFor,
  failedHandshake,
  isSound,
  mainSetting,
  secondsIn,
  settingSeconds,
  workerConnections,
} from './subject.ts';
import { checkText } from './text.ts';

const at = (file: string, line: number) => ({ file, line });
const shown = (tree: readonly Node[]) => print(tree).text.replace(/\s+/g, ' ').trim();

test('findings are in order of severity, then file and line; those without a line come first', () => {
  const all = [
    findingWith({ level: 'note', origin: at('a', 1), text: '1' }),
    findingWith({ level: 'warning', origin: null, text: '2' }),
    findingWith({ level: 'warning', origin: at('b', 1), text: '3' }),
    findingWith({ level: 'warning', origin: at('a', 10), text: '4' }),
    findingWith({ level: 'warning', origin: at('a', 9), text: '5' }),
    findingWith({ level: 'error', origin: null, text: '6' }),
    findingWith({ level: 'warning', origin: null, text: '7' }),
    findingWith({ level: 'error', origin: at('z', 1), text: '8' }),
  ];
  assert.deepEqual(
    sorted(all)
      .map(({ text }) => text)
      .join(''),
    '68275431',
  );
  assert.deepEqual(countByLevel(all), { error: 2, warning: 5, note: 1 });
});

test('figures of evidence are members with the same name for every code', () => {
  const closed = { setSeconds: 1, closeCode: 1006, seconds: 2.5 };
  assert.deepEqual(evidence('closed-after-reload', closed), {
    ...finding('closed-after-reload', closed),
    closeCode: 1006,
    seconds: 2.5,
  });
  const full = (outcome: 'status-503' | 'reset') => evidence('worker-full', { opened: 0, outcome });
  assert.deepEqual(full('status-503'), {
    ...finding('worker-full', { opened: 0, outcome: 'status-503' }),
    status: 503,
  });
  assert.deepEqual(full('reset'), finding('worker-full', { opened: 0, outcome: 'reset' }));
});

test('a place is relative to the working directory if it is inside', () => {
  assert.deepEqual(
    [resolve('a/b.conf'), resolve('..'), resolve('../x'), resolve('..x'), '/etc/a.conf'].map(shownFile),
    ['a/b.conf', resolve('..'), resolve('../x'), '..x', '/etc/a.conf'],
  );
  assert.deepEqual([shownPlace(null), shownPlace(at('/etc/a', 3))], [null, '/etc/a:3']);
});

const REMEDIES = [
  { block: 'http', lines: ['a\u0007;', 'b;'] },
  { block: 'main', lines: ['c;'] },
] as const;

test('a message has no control characters', () => {
  assert.deepEqual(remedyLines(REMEDIES[0]), [remedyHeading('http'), '    a ;', '    b;']);
  const seen = { code: 'x', data: {}, text: 'y\nz' };
  assert.deepEqual(sentencesOf({ text: 'a\nb', seen }), ['a b', seenSentence('y z')]);
  assert.deepEqual(sentencesOf({ text: 'a', seen: null }), ['a']);
});

test('a report as text has every finding, the changes, and a summary', () => {
  const text = `${'word '.repeat(30)}end`;
  const findings = [
    findingWith({ level: 'error', text, remedies: REMEDIES }),
    findingWith({ origin: null, seen: { code: 'x', data: {}, text: 'It was so.' } }),
    findingWith({ level: 'note', rule: 'other' }),
    findingWith({ level: 'note', rule: 'other' }),
  ];
  const report = reportOf(findings, 'a\u0007.conf');
  assert.deepEqual(checkText(report, null).split('\n'), [
    '/etc/site.conf:12  error  [idle-timeout]',
    '    word word word word word word word word word word word word word word word word word word word',
    '    word word word word word word word word word word word end',
    '    In http, write:',
    '        a ;',
    '        b;',
    '    Outside all blocks, write:',
    '        c;',
    '',
    'a .conf  warning  [idle-timeout]',
    '    It is cut.',
    '    Seen: It was so.',
    '',
    '/etc/site.conf:12  note  [other]',
    '    It is cut.',
    '',
    '/etc/site.conf:12  note  [other]',
    '    It is cut.',
    '',
    'a .conf: 1 error, 1 warning, 2 notes. No WebSocket was tried.',
  ]);
  assert.deepEqual(checkText(report, 59).split('\n').slice(0, 5), [
    '/etc/site.conf:12  error  [idle-timeout]',
    '    word word word word word word word word word word word',
    '    word word word word word word word word word word word',
    '    word word word word word word word word end',
    '    In http, write:',
  ]);
  assert.equal(checkText(report, 101), checkText(report, null));
  const linesOf = (length: number, columns: number | null) => {
    const pair = `${'a'.repeat(length)} ${'b'.repeat(length)}`;
    return checkText(reportOf([findingWith({ text: pair })]), columns).split('\n').length;
  };
  // Four columns of indentation, two words, and a space between them.
  assert.deepEqual([linesOf(28, 60), linesOf(28, 61), linesOf(28, 10)], [5, 4, 5]);
  assert.deepEqual([linesOf(48, 100), linesOf(48, 101), linesOf(48, null), linesOf(47, null)], [5, 5, 5, 4]);
  const server = ['/ws', '/live', '/chat'].map((path) => SOUND.replace('/ws', path)).join(' ');
  const subject = seenAs(subjectOf(whole({ server })), {});
  const [first = assert.fail(), second = assert.fail(), third = assert.fail()] = subject.candidates;
  const locations = new Map([
    [first, OPENED],
    [third, OPENED],
    [second, { ...OPENED, handshake: { outcome: 'reset' as const, arrived: null } }],
  ]);
  const seen = subject.seen && { ...subject.seen, locations };
  const changes = [{ level: 'info' as const, code: 'x', data: {}, text: 'Changed this.' }];
  const tried = { ...reportOf([]), tried: true, candidates: subject.candidates, seen, changes };
  assert.deepEqual(checkText(tried, null).split('\n'), [
    'Changed for the trial:',
    '    Changed this.',
    '',
    'site.conf: 0 errors, 0 warnings, 0 notes. WebSockets could be opened through 2 of 3 candidate locations, on Nginx 1.22.1.',
  ]);
});

test('a report as JSON has every location with what was seen', () => {
  const subject = seenAs(ofServer(`${SOUND}\nlocation @x { ${SOUND.slice(15, -1)} }`), {});
  const [first = assert.fail(), second = assert.fail()] = subject.candidates;
  const cache = { afterGet: 'echoed' as const, together: 4, reached: 4, slowestSeconds: 1 };
  const idle = { closed: null, busyStayedOpen: true };
  const seen = subject.seen && { ...subject.seen, locations: new Map([[first, { ...OPENED, cache, idle }]]) };
  const findings = [
    findingWith({ code: 'capacity', data: { webSockets: 5 } }),
    findingWith({ origin: null, level: 'note' }),
  ];
  const report = {
    ...reportOf(findings),
    tried: true,
    candidates: [{ ...first, path: '/ws?secret' }, second],
    seen,
  };
  const keyed = seen && {
    ...seen,
    locations: new Map([[report.candidates[0] ?? assert.fail(), { ...OPENED, cache, idle }]]),
  };
  const json = checkJson({ ...report, seen: keyed });
  assert.deepEqual(JSON.parse(JSON.stringify(json)), {
    schemaVersion: 1,
    path: 'site.conf',
    nginx: { path: '/usr/sbin/nginx', version: '1.22.1' },
    tried: true,
    locations: [
      {
        location: 'location /ws',
        place: '/site/nginx.conf:11',
        path: '/ws',
        host: 'a.example.org',
        sign: 'upgrade',
        handshake: {
          outcome: 'echoed',
          arrived: { httpVersion: '1.1', upgrade: 'websocket', connection: 'upgrade' },
        },
        get: { status: 426, arrived: { httpVersion: '1.1', upgrade: null, connection: null } },
        cache: { afterGet: 'echoed', together: 4, reached: 4, slowestSeconds: 1 },
        idle: { closed: null, busyStayedOpen: true },
      },
      {
        location: 'location @x',
        place: '/site/nginx.conf:12',
        path: null,
        host: 'a.example.org',
        sign: 'upgrade',
        handshake: null,
        get: null,
        cache: null,
        idle: null,
      },
    ],
    capacity: { webSockets: 5 },
    findings: [
      {
        rule: 'idle-timeout',
        level: 'warning',
        file: '/etc/site.conf',
        line: 12,
        code: 'capacity',
        data: { webSockets: 5 },
        text: 'It is cut.',
        seen: null,
        remedies: [],
      },
      {
        rule: 'idle-timeout',
        level: 'note',
        file: null,
        line: null,
        code: 'idle-timeout',
        data: {},
        text: 'It is cut.',
        seen: null,
        remedies: [],
      },
    ],
    counts: { error: 0, warning: 1, note: 1 },
    changes: [],
  });
  assert.deepEqual(checksJson([reportOf([], 'a'), reportOf([], 'b')]), {
    files: ['a', 'b'].map((path) => ({ file: path, ...checkJson(reportOf([], path)) })),
  });
  assert.equal(checkJson(reportOf([])).capacity, null);
  assert.deepEqual(checkJson({ ...report, seen: null }).locations[0]?.cache, null);
});

test('timeouts are short, also those that are not written', () => {
  const short = (text: string) => shown(shortened(parse(text, 'a')));
  assert.deepEqual(
    [
      '# c\nhttp { proxy_read_timeout 1h; server { } } worker_shutdown_timeout 1m;',
      'http { proxy_send_timeout 1h; }',
      'stream { proxy_timeout 5m; server { proxy_timeout 1h; } }',
      'stream { }',
      'http; events { }',
      'http { map $a $b { proxy_timeout x; } }',
    ].map(short),
    [
      '# c http { proxy_read_timeout 1s; server { } } worker_shutdown_timeout 1s;',
      'http { proxy_read_timeout 1s; proxy_send_timeout 1h; }',
      'stream { proxy_timeout 1s; server { proxy_timeout 1s; } }',
      'stream { proxy_timeout 1s; }',
      'http; events { }',
      'http { proxy_read_timeout 1s; map $a $b { proxy_timeout x; } }',
    ],
  );
});

test('services of auth_request answer as if every client were allowed', () => {
  const stood = (server: string) => shown(withAuthStandIn(parse(`http { server { ${server} } }`, 'a')));
  assert.deepEqual(
    [
      'location /a { auth_request /auth?x; proxy_pass http://a; }\nlocation /auth { grpc_pass a; if ($x) { uwsgi_pass b; } location /auth/in { memcached_pass c; } add_header X y; }\nlocation /b { scgi_pass d; }',
      'auth_request off; location /auth { proxy_pass http://a; }',
      'auth_request /auth; location /auth { proxy_pass http://a; }',
      'auth_request /auth; location /a { } location /auth { proxy_pass http://a; auth_request off; }',
      'auth_request /none; location /auth { fastcgi_pass a; }',
      'location /a { auth_request /auth; }\nlocation = /auth { proxy_passx a; fastcgi_pass b; }',
    ].map(stood),
    [
      'http { server { location /a { auth_request /auth?x; proxy_pass http://a; } location /auth { return 204; if ($x) { return 204; } location /auth/in { return 204; } add_header X y; } location /b { scgi_pass d; } } }',
      'http { server { auth_request off; location /auth { proxy_pass http://a; } } }',
      'http { server { auth_request /auth; location /auth { proxy_pass http://a; } } }',
      'http { server { auth_request /auth; location /a { } location /auth { return 204; auth_request off; } } }',
      'http { server { auth_request /none; location /auth { fastcgi_pass a; } } }',
      'http { server { location /a { auth_request /auth; } location = /auth { proxy_passx a; return 204; } } }',
    ],
  );
});

test('settings of the main file have defaults, and lines belong in the innermost block that has some', () => {
  const tree = parse(
    'worker_processes 3 4; events { worker_connections 7; } http { a b; server { c d; location / { } } }',
    'a',
  );
  assert.deepEqual(
    [
      mainSetting(tree, 'worker_processes'),
      mainSetting(tree, 'worker_connections', 'events'),
      mainSetting(tree, 'worker_connections'),
      mainSetting(tree, 'a', 'none'),
      mainSetting(tree, 'events'),
    ],
    ['3', '7', null, null, null],
  );
  const connections = (text: string) => workerConnections(parse(text, 'a'));
  assert.deepEqual(
    [
      'events { worker_connections 1; }',
      'events { worker_connections 0; }',
      'events { worker_connections 1.5; }',
      'events { worker_connections x; }',
      '',
    ].map(connections),
    [1, 512, 512, 512, 512],
  );
  const [http = assert.fail()] = directives(tree, 'http');
  const [server = assert.fail()] = directives(http.block, 'server');
  const [location = assert.fail()] = directives(server.block, 'location');
  const levels = [http, server, location];
  assert.deepEqual(
    [
      blockFor(levels, 'a'),
      blockFor(levels, 'a', 'c'),
      blockFor(levels, 'c'),
      blockFor(levels, 'none'),
      blockFor([http], 'none'),
      blockFor([], 'a'),
      blockFor([...directives(tree, 'events')], 'x'),
    ],
    ['http', 'server', 'server', 'location', 'http', 'location', 'location'],
  );
  assert.deepEqual(
    [
      '1ms',
      '2s',
      '3m',
      '4h',
      '5d',
      '6w',
      '7M',
      '8y',
      '1y 1M 1w 1d 1h 1m 1s 1ms',
      '9',
      '1x',
      '1 2',
      '1s2',
    ].map(secondsIn),
    [0.001, 2, 180, 14400, 432000, 3628800, 18144000, 252288000, 34822861.001, 9, null, null, 3],
  );
  const [time = assert.fail()] = directives(parse('x 1h 30m;', 'a'));
  assert.equal(settingSeconds(time), 5400);
});

test('a location is sound by what was seen, otherwise by its sign', () => {
  const subject = ofServer(SOUND);
  const [candidate = assert.fail()] = subject.candidates;
  const signs = ['asked', 'upgrade', 'hidden', 'hop', 'name', 'stream', 'any'] as const;
  assert.deepEqual(
    signs.filter((sign) => isSound(subject, { ...candidate, sign })),
    ['asked', 'upgrade', 'stream'],
  );
  const refused = seenAs(subject, { handshake: { outcome: 'status-403', arrived: null } });
  assert.deepEqual(
    [isSound(seenAs(subject, {}), { ...candidate }), isSound(refused, candidate)],
    [true, false],
  );
  assert.deepEqual(
    failedHandshake(refused, candidate),
    evidence('handshake-answered', { path: '/ws', outcome: 'status-403', arrived: null }),
  );
  assert.deepEqual(
    [failedHandshake(subject, candidate), failedHandshake(seenAs(subject, {}), candidate)],
    [null, null],
  );
});
