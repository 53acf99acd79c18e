import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillIn } from './template.ts';

const ENVIRONMENT = { file: { PORT: '81', HOST: 'a' }, process: { PORT: '82', HOME_PAGE: '/b' } };

function filled(text: string): { text: string; names: [string, number][] } {
  const names: [string, number][] = [];
  return {
    text: fillIn(text, 'a.conf', ENVIRONMENT, (name, value, line) => {
      names.push([name, line]);
      return value;
    }),
    names,
  };
}

test('variables are replaced, and the file takes precedence over the environment', () => {
  assert.deepEqual(filled(`listen \${PORT};\nroot \${HOME_PAGE};`), {
    text: 'listen 81;\nroot /b;',
    names: [
      ['PORT', 1],
      ['HOME_PAGE', 2],
    ],
  });
});

test('without braces, only the file’s variables are template variables', () => {
  assert.equal(filled('listen $PORT; set $x $HOME_PAGE;').text, 'listen 81; set $x $HOME_PAGE;');
});

test('Nginx’s own variables are kept', () => {
  for (const text of [
    `return 301 https://$host\${request_uri};`,
    `set $TARGET a; proxy_pass http://\${TARGET};`,
    `map $http_x $KIND { default 1; } return 200 \${KIND};`,
    'location ~ ^/\\d{2}$ { }',
    `# {{ comment }} \${NOT_SET}`,
  ]) {
    assert.equal(filled(text).text, text);
  }
});

test('variables without a value and other template languages are rejected with their line', () => {
  const refusals: [string, RegExp][] = [
    [
      `\nlisten \${NOT_SET};`,
      /\$\{NOT_SET\} in a\.conf:2 has no value\. Set NOT_SET in the environment, or in a file/,
    ],
    [
      `\nlisten \${A};\nserver_name \${B} \${A} \${PORT};`,
      /^The variable \$\{A\} in a\.conf:2 has no value, and \$\{B\} has none either\. Set them in the environment, or/,
    ],
    [
      `listen \${A};\nserver_name \${B} \${C};`,
      /^The variable \$\{A\} in a\.conf:1 has no value, and \$\{B\} and \$\{C\} have none either\. Set them/,
    ],
    ['server_name {{ domain }};', /"\{\{ d" in a\.conf:1 belongs to a template\. Render the template first/],
    ['{{.Host}}', /a\.conf:1 belongs to a template/],
    ['a;\n{%- if tls %}', /a\.conf:2 belongs to a template/],
    ['listen <%= @port %>;', /a\.conf:1 belongs to a template/],
  ];
  for (const [text, message] of refusals) {
    assert.throws(() => filled(text), { kind: 'configuration', message });
  }
});
