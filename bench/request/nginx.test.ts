import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRequest } from './request.ts';

function sources(...argv: string[]): { usual: string | null; named: [string, string][] } {
  const request = parseRequest(['-p', 'tls', ...argv]);
  assert.ok(request.command === 'run');
  const { usual, named } = request.run.nginx;
  return { usual, named: [...named] };
}

test('there may be one Nginx for all variants, several with names, or both', () => {
  assert.deepEqual(sources(), { usual: null, named: [] });
  assert.deepEqual(sources('--nginx', '/opt/a=b/nginx'), { usual: '/opt/a=b/nginx', named: [] });
  assert.deepEqual(sources('--nginx', 'debian:trixie'), { usual: 'debian:trixie', named: [] });
  assert.deepEqual(
    sources('--nginx', 'old=/opt/old=1/nginx', '--nginx', './nginx', '--nginx', 'v1.26-x=debian:trixie'),
    {
      usual: './nginx',
      named: [
        ['old', '/opt/old=1/nginx'],
        ['v1.26-x', 'debian:trixie'],
      ],
    },
  );
});

test('the same name twice, or two for all variants, is rejected with a sentence', () => {
  const cases: [argv: string[], message: RegExp][] = [
    [['--nginx', 'a=/1', '--nginx', 'a=/2'], /^--nginx a= is given twice/],
    [['--nginx', '/1', '--nginx', '/2'], /^--nginx .*"\/1" and "\/2".*--nginx new=\/2.*tls@new\.$/],
    [['--nginx', 'new='], /^--nginx new= .*--nginx new=\/path\/to\/nginx\.$/],
  ];
  for (const [argv, message] of cases) assert.throws(() => sources(...argv), { kind: 'usage', message });
});
