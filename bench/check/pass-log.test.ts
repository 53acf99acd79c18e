import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { parse } from '../nginx/parse.ts';
import { type Directive, type Node, texts } from '../nginx/tree.ts';
import { readPassLog, withPassLog } from './pass-log.ts';

const CONFIGURATION = `# a comment
worker_processes 1;
http {
  access_log /own.log;
  map $a $name { default 1; }
  server {
    location /fixed { proxy_pass http://app; }
    location /empty;
    location ~ ^/(x|y) { proxy_pass http://$name$1$name; }
    location /quiet { access_log off; if ($arg_x) { proxy_pass http://$host; } }
  }
}
stream { server { listen 1; proxy_pass $name; } }`;

/** Lists each directive on a line, after the names of the enclosing blocks. */
function listed(nodes: readonly Node[], around = ''): string[] {
  return nodes.flatMap((node) => {
    if (node.kind === 'comment') return [`${around}#`];
    const line = `${around}${[node.name, ...texts(node)].join(' ')}`;
    return [line, ...(node.block === null ? [] : listed(node.block, `${around}${node.name} > `))];
  });
}

test('locations whose address contains variables log them, in addition to the logs that applied there', () => {
  const { tree, names } = withPassLog(parse(CONFIGURATION, 'mine.conf'));
  assert.deepEqual(listed(tree), [
    '#',
    'worker_processes 1',
    'http',
    'http > log_format bench-pass_0 escape=json {"bench-pass":0,"upgrade":"$http_upgrade","values":["$bench_value_0_0","$bench_value_0_1"]}',
    'http > log_format bench-pass_1 escape=json {"bench-pass":1,"upgrade":"$http_upgrade","values":["$bench_value_1_0"]}',
    'http > access_log /own.log',
    'http > map $a $name',
    'http > map > default 1',
    'http > server',
    'http > server > location /fixed',
    'http > server > location > proxy_pass http://app',
    'http > server > location /empty',
    'http > server > location ~ ^/(x|y)',
    // The variable is twice in the address, but once in the log.
    'http > server > location > proxy_pass http://$name$1$name',
    'http > server > location > access_log /own.log',
    'http > server > location > access_log /bench-pass.log bench-pass_0',
    'http > server > location /quiet',
    'http > server > location > if ($arg_x)',
    'http > server > location > if > proxy_pass http://$host',
    'http > server > location > access_log /bench-pass.log bench-pass_1',
    'http > map  $bench_value_0_0',
    'http > map > volatile',
    'http > map > default $name',
    'http > map  $bench_value_0_1',
    'http > map > volatile',
    'http > map > default $1',
    'http > map  $bench_value_1_0',
    'http > map > volatile',
    'http > map > default $host',
    'stream',
    'stream > server',
    'stream > server > listen 1',
    'stream > server > proxy_pass $name',
  ]);
  assert.deepEqual([...names.values()], [['name', '1'], ['host']]);
});

test('the values are those of the last handshake of each location, from all access logs', () =>
  inFolder(async (folder) => {
    const logged = withPassLog(parse(CONFIGURATION, 'mine.conf'));
    const entry = (index: number, upgrade: string, ...values: string[]) =>
      `${JSON.stringify({ 'bench-pass': index, upgrade, values })}\n`;
    await writeFile(
      join(folder, 'access.log'),
      `127.0.0.1 - - "GET / HTTP/1.1"\n${entry(0, 'websocket', 'a', '1')}${entry(0, 'websocket', 'b', '2')}${entry(0, '', 'c', '3')}${entry(7, 'websocket', 'd')}`,
    );
    await writeFile(join(folder, 'access-2.log'), entry(1, 'websocket'));
    await writeFile(join(folder, 'error.log'), entry(1, 'websocket', 'e'));
    const [first, second]: readonly Directive[] = [...logged.names.keys()];
    assert.ok(first && second);
    const found = await readPassLog(folder, logged);
    assert.equal(found.size, 2);
    assert.deepEqual([found.get(first), found.get(second)], [{ name: 'b', 1: '2' }, { host: '' }]);
  }));
