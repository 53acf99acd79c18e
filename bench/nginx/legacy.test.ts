import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withCertificates, withSslParameters } from './legacy.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';
import type { Node } from './tree.ts';

const shown = (tree: readonly Node[]) => print(tree).text.replace(/\s+/g, ' ').trim();

test('ssl on becomes a parameter of every listen of the servers to which it applies', () => {
  const converted = (text: string) => shown(withSslParameters(parse(text, 'a.conf')));
  assert.deepEqual(
    [
      converted('http { server { ssl on; listen 1; listen 2 ssl; # c\n listen 3; } server { listen 4; } }'),
      converted(
        'http { ssl on; # c\n server { listen 1; } server { ssl off; listen 2; } server { root /; } upstream a { server b; } }',
      ),
      converted('http { ssl off; server { ssl on; } }'),
      converted('# c\nstream { server { listen 1; ssl on; } } http;'),
      converted('http { server; ssl on; }'),
    ],
    [
      'http { server { listen 1 ssl; listen 2 ssl; # c listen 3 ssl; } server { listen 4; } }',
      'http { # c server { listen 1 ssl; } server { listen 2; } server { listen 80 ssl; root /; } upstream a { server b; } }',
      'http { server { listen 80 ssl; } }',
      '# c stream { server { listen 1; ssl on; } } http;',
      'http { server { listen 80 ssl; } }',
    ],
  );
});

test('a server without a certificate gets one if its sockets use TLS', () => {
  const changed = (text: string) => {
    const changes: string[] = [];
    const own = { certPath: '/c', keyPath: '/k' };
    const tree = withCertificates(parse(text, 'a.conf'), own, (change, node) =>
      changes.push(`${change} ${node.name}:${node.origin?.line}`),
    );
    return [shown(tree), ...changes];
  };
  assert.deepEqual(changed('http { server { listen 1;\nlisten 2 ssl; } server { listen 3; } }'), [
    'http { server { listen 1; listen 2 ssl; ssl_certificate /c; ssl_certificate_key /k; } server { listen 3; } }',
    'own-certificate listen:2',
  ]);
  assert.deepEqual(changed('http { server { listen 1;\nlisten 2 ssl;\nlisten 3 ssl; } }').slice(1), [
    'own-certificate listen:2',
  ]);
  assert.deepEqual(changed('http { ssl_certificate x; server { listen 2 ssl; } }'), [
    'http { ssl_certificate x; server { listen 2 ssl; } }',
  ]);
  assert.deepEqual(changed('http { server { listen 2 ssl; ssl_certificate x; } }'), [
    'http { server { listen 2 ssl; ssl_certificate x; } }',
  ]);
  assert.deepEqual(
    changed(
      'http { server { listen 1; } server {\nlisten 1; }\nserver { listen 1 ssl; ssl_certificate x; } }',
    ),
    [
      'http { server { listen 1; ssl_certificate /c; ssl_certificate_key /k; } server { listen 1; } server { listen 1 ssl; ssl_certificate x; } }',
      'own-certificate listen:3',
    ],
  );
  assert.deepEqual(
    changed(
      'http { server; server {\nlisten 80 ssl; ssl_certificate x; }\nserver { listen 80 ssl; ssl_certificate x; } }',
    ),
    [
      'http { server { ssl_certificate /c; ssl_certificate_key /k; } server { listen 80 ssl; ssl_certificate x; } server { listen 80 ssl; ssl_certificate x; } }',
      'own-certificate listen:2',
    ],
  );
  const tree = parse('http { server { listen 2 ssl; } }', 'a.conf');
  assert.deepEqual(withCertificates(tree, null, assert.fail), tree);
});
