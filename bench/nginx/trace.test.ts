import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from './parse.ts';
import { lines, move, WEBSOCKET } from './sandbox.test.fixture.ts';
import { traceLocations } from './trace.ts';

describe('responses name worker and upstream', () => {
  const inLocation = (source: string) => {
    const moved = move(source);
    return lines(moved, 'add_header');
  };
  const BENCH = [
    'add_header X-Bench-Worker $pid always;',
    'add_header X-Bench-Upstream $upstream_addr always;',
  ];

  test('in addition to the location’s own or inherited headers', () => {
    const own = WEBSOCKET.replace('{', '{ add_header A 1;');
    assert.deepEqual(inLocation(`http { add_header B 2; server { ${own} } }`), [
      'add_header B 2;',
      'add_header A 1;',
      ...BENCH,
    ]);
    assert.deepEqual(inLocation(`http { add_header B 2; server { add_header C 3 always; ${WEBSOCKET} } }`), [
      'add_header B 2;',
      'add_header C 3 always;',
      'add_header C 3 always;',
      ...BENCH,
    ]);
  });

  test('but not where nothing can be proxied', () => {
    const source = '# a\nhttp; http { # b\nserver; types { server { proxy_pass a; } } server { location; } }';
    const tree = parse(source, 'mine.conf');
    assert.deepEqual(traceLocations(tree), tree);
  });

  test('in nested locations and in an if, but not if nothing is proxied', () => {
    const source = `http { server { ${WEBSOCKET.replace('{', '{ location /ws/in { proxy_pass http://app; }')}
      location /static { root /srv; }
      location /if { proxy_pass http://app; if ($a) { add_header A 1; } if ($b) { return 403; } }
      location /only-if { if ($a) { proxy_pass http://app; } } } }`;
    assert.deepEqual(inLocation(source), [
      ...BENCH,
      ...BENCH,
      'add_header A 1;',
      ...BENCH,
      ...BENCH,
      ...BENCH,
    ]);
  });
});
