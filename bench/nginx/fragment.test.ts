import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withUpgradeMap, wrapFragment } from './fragment.ts';
import type { OnChange } from './notices.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';
import { place } from './tree.ts';

function wrapped(text: string): [string, string[]] {
  const changes: string[] = [];
  const nodes = wrapFragment(parse(text, 'a.conf'), (change) => changes.push(change));
  return [print(nodes).text.replace(/\s+/g, ' ').trim(), changes];
}

test('files from conf.d are wrapped in the right blocks', () => {
  const cases: [string, string, string][] = [
    ['map $a $b { } server { }', 'http', 'wrapped-http'],
    ['upstream a { server b; } server { location / { proxy_pass http://a; } }', 'http', 'wrapped-http'],
    ['upstream a { server b; } server { listen 1; proxy_pass a; }', 'stream', 'wrapped-stream'],
  ];
  for (const [text, block, change] of cases) {
    const [printed, changes] = wrapped(text);
    assert.ok(printed.startsWith(`${block} { ${text.slice(0, 3)}`), printed);
    assert.deepEqual(changes, [change]);
  }
  const [printed, changes] = wrapped('client_max_body_size 1m; location / { return 204; }');
  assert.match(printed, /^http \{ server \{ client_max_body_size 1m; location \/ \{ return 204; \} \} \}$/);
  assert.deepEqual(changes, ['wrapped-server']);
});

test('complete configurations and unknown directives are not changed', () => {
  for (const text of [
    'events { } http { server { } }',
    'user a; stream { }',
    'mail { } server { }',
    '# nothing',
    'worker_processes 1;',
  ]) {
    assert.deepEqual(wrapped(text)[1], []);
  }
});

test('the usual map is added if a partial configuration uses it without defining it', () => {
  const completed = (inner: string) => {
    const changes: string[] = [];
    const user = 'proxy_set_header Connection $connection_upgrade;';
    const tree = parse(`http { ${inner}\nserver {\n${user}\nlocation / {\n${user} } } }`, 'a');
    const onChange: OnChange = (change, { origin }) => changes.push(`${change} ${place(origin)}`);
    const text = print(withUpgradeMap(tree, onChange)).text.replace(/\s+/g, ' ');
    return { text, changes };
  };
  const { text, changes } = completed('');
  assert.match(
    text,
    /^http \{ map \$http_upgrade \$connection_upgrade \{ default upgrade; "" close; \} server/,
  );
  // The notice names the first directive that uses the variable.
  assert.deepEqual(changes, ['upgrade-map a:3']);
  const map = 'map $a $connection_upgrade { default b; }';
  for (const own of [map, `${map} map $a $b { default c; }`, 'set $connection_upgrade a;'])
    assert.deepEqual(completed(own).changes, []);
});
