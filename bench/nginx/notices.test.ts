import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notice } from '../wording/finding.ts';
import { collectChanges } from './notices.ts';
import { type Directive, directive, type Node } from './tree.ts';

const at = (name: string, file: string, line: number, ...args: string[]): Directive => ({
  ...directive(name, args),
  origin: { file, line },
});

test('changes are listed in a fixed order, by directive, with places in order of file and line', () => {
  const changes = collectChanges();
  const tree: Node[] = [at('a', '/etc/nginx/nginx.conf', 1), at('a', '/etc/nginx/conf.d/a.conf', 1)];
  changes.note('udp', at('listen', '/etc/nginx/nginx.conf', 9));
  changes.note('udp', at('listen', '/etc/nginx/conf.d/a.conf', 10));
  changes.note('udp', at('proxy', '/etc/nginx/nginx.conf', 1, 'x'));
  changes.note('udp', at('listen', '/etc/nginx/conf.d/a.conf', 2));
  changes.note('udp', directive('listen', []));
  changes.note('proxy-protocol', at('x\u0007y', 'tuning', 3));
  changes.note('upstream-tls', at('proxy_pass', '/etc/nginx/other.conf', 4));
  const found = changes.notices(tree);
  assert.deepEqual(
    found.map(({ level, code, data }) => [level, code, data]),
    [
      [
        'warning',
        'sandbox-upstream-tls',
        {
          directives: [{ directive: 'proxy_pass', argument: null, places: ['other.conf:4'], more: 0 }],
        },
      ],
      [
        'warning',
        'sandbox-udp',
        {
          directives: [
            {
              directive: 'listen',
              argument: null,
              places: ['conf.d/a.conf:2', 'conf.d/a.conf:10', 'nginx.conf:9'],
              more: 0,
            },
            { directive: 'proxy', argument: null, places: ['nginx.conf:1'], more: 0 },
          ],
        },
      ],
      [
        'info',
        'sandbox-proxy-protocol',
        { directives: [{ directive: 'x y', argument: null, places: ['tuning:3'], more: 0 }] },
      ],
    ],
  );
  const [first = assert.fail()] = found;
  assert.deepEqual(first, notice(first.level, 'sandbox-upstream-tls', first.data as never));
});

test('files are listed by name, unless there are many', () => {
  const changes = collectChanges();
  const names = Array.from({ length: 8 }, (_, index) => `/f${index}`);
  for (const [index, name] of names.entries())
    changes.note('missing-files', at('root', '/a.conf', index, name));
  changes.note('missing-files', at('alias', '/a.conf', 20, '/f\u0007'));
  changes.note('missing-files', at('root', '/a.conf', 30, '/f0'));
  const data = () => changes.notices([at('a', '/a.conf', 1)]).map((each) => each.data);
  assert.deepEqual(data(), [
    {
      directives: [
        { directive: 'root', argument: '/f0', places: ['/a.conf:0', '/a.conf:30'], more: 0 },
        { directive: 'root', argument: '/f1', places: ['/a.conf:1'], more: 0 },
        { directive: 'root', argument: '/f2', places: ['/a.conf:2'], more: 0 },
        { directive: 'root', argument: '/f3', places: ['/a.conf:3'], more: 0 },
        { directive: 'root', argument: '/f4', places: ['/a.conf:4'], more: 0 },
        { directive: 'root', argument: '/f5', places: ['/a.conf:5'], more: 0 },
        { directive: 'root', argument: '/f6', places: ['/a.conf:6'], more: 0 },
        { directive: 'root', argument: '/f7', places: ['/a.conf:7'], more: 0 },
        { directive: 'alias', argument: '/f ', places: ['/a.conf:20'], more: 0 },
      ],
    },
  ]);
  changes.note('missing-files', at('root', '/b.conf', 5, '/f8'));
  assert.deepEqual(data(), [
    {
      directives: [
        {
          directive: 'root',
          argument: null,
          places: [
            '/a.conf:0',
            '/a.conf:1',
            '/a.conf:2',
            '/a.conf:3',
            '/a.conf:4',
            '/a.conf:5',
            '/a.conf:6',
            '/a.conf:7',
          ],
          more: 2,
        },
        { directive: 'alias', argument: '/f ', places: ['/a.conf:20'], more: 0 },
      ],
    },
  ]);
});

test('files are named relative to their common folder, but absolutely if that is the root', () => {
  const places = (...files: string[]) => {
    const changes = collectChanges();
    for (const file of files) changes.note('quic', at('listen', file, 1));
    const inner: Node = {
      ...directive(
        'server',
        [],
        files.map((file) => at('a', file, 1)),
      ),
      origin: null,
    };
    return changes.notices([inner]).map(({ data }) => data.directives);
  };
  assert.deepEqual(places('/etc/nginx/a.conf', '/etc/nginx-2/b.conf'), [
    [{ directive: 'listen', argument: null, places: ['nginx-2/b.conf:1', 'nginx/a.conf:1'], more: 0 }],
  ]);
  assert.deepEqual(places('/etc/nginx/a.conf', '/etc/nginx/x/b.conf', '/etc/nginx/x/y/c.conf'), [
    [{ directive: 'listen', argument: null, places: ['a.conf:1', 'x/b.conf:1', 'x/y/c.conf:1'], more: 0 }],
  ]);
  assert.deepEqual(places('/etc/a.conf', '/srv/b.conf'), [
    [{ directive: 'listen', argument: null, places: ['/etc/a.conf:1', '/srv/b.conf:1'], more: 0 }],
  ]);
  assert.deepEqual(places('/etc/nginx/a.conf', 'stdin'), [
    [{ directive: 'listen', argument: null, places: ['a.conf:1', 'stdin:1'], more: 0 }],
  ]);
  assert.deepEqual(places('stdin'), [
    [{ directive: 'listen', argument: null, places: ['stdin:1'], more: 0 }],
  ]);
});

test('values of templates are secrets, patterns without files are listed, and a copy is separate', () => {
  const changes = collectChanges();
  assert.deepEqual([changes.secrets(), changes.withoutFiles(), changes.notices([])], [[], [], []]);
  const include = at('include', '/a.conf', 1, 'x/*');
  changes.note('no-files', include);
  const copy = changes.copy();
  changes.note('template', directive('A', ['s1', 's2']));
  changes.note('template', directive('B', ['s3']));
  assert.deepEqual(changes.secrets(), ['s1', 's2', 's3']);
  assert.deepEqual(copy.secrets(), []);
  assert.deepEqual(copy.withoutFiles(), [include]);
});
