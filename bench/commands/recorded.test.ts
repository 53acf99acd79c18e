import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { recordedCommand, shownTuning } from './recorded.ts';
import { fakeServices, filesIn, obey, temporaryFolder } from './services.test.fixture.ts';

test('a command line is stored without credentials', () => {
  const command = [
    ...[
      'compare',
      'tls',
      '--conf',
      'a.conf',
      '--header',
      'X-Api-Key: opensesame',
      '--header=Cookie: opensesame',
    ],
    ...[
      '--header',
      'Origin: https://a.example',
      '--ws-path',
      '/ws?ticket=opensesame',
      '--ws-path=/ws?a=opensesame',
    ],
    ...[
      '--tune',
      'http { proxy_set_header X-Token opensesame; }',
      '--note',
      'Of https://me:opensesame@a.example/',
    ],
  ];
  assert.deepEqual(recordedCommand(command), [
    ...['compare', 'tls', '--conf', 'a.conf', '--header', 'X-Api-Key: ***', '--header=Cookie: ***'],
    ...['--header', 'Origin: https://a.example', '--ws-path', '/ws?***', '--ws-path=/ws?***'],
    ...['--tune', 'http {\n    proxy_set_header X-Token ***;\n}\n', '--note', 'Of https://***@a.example/'],
  ]);
});

test('a tuning is stored as typed, unless it contains a secret or cannot be parsed', () => {
  for (const text of ['http { # why\n gzip  on; }', 'proxy_set_header X-Token $x;'])
    assert.equal(shownTuning(text), text);
  assert.equal(shownTuning('set $password a; # b'), 'set $password ***;\n');
  assert.equal(shownTuning('http { set $password a;'), '***');
});

test('a result contains no secret of a tuning given on the command line', async (t) => {
  const reports = await temporaryFolder(t);
  const tune = 'http { server { add_header X-Auth-Token opensesame; } }';
  const { code, said } = await obey(
    ['compare', 'plain', '--tune', tune, '--rounds', '1', '--reports', reports],
    fakeServices(),
  );
  assert.equal(code, 0, said.join('\n'));
  const files = await filesIn(reports);
  assert.ok(files.some((path) => path.endsWith('result.json')));
  for (const path of files)
    assert.doesNotMatch(await readFile(join(reports, path), 'utf8'), /opensesame/, path);
});
