import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestWord } from './misspelt.ts';

const WORDS = [
  'listen',
  'http2',
  'proxy_pass',
  'proxy_read_timeout',
  'proxy_send_timeout',
  'server_name',
  'gzip',
  'sub_filter',
];

test('a misspelt directive is similar to a known one', () => {
  const cases = {
    lisen: 'listen',
    lsiten: 'listen',
    proxy_pas: 'proxy_pass',
    proxy_raed_timeoutt: 'proxy_read_timeout',
  };
  for (const [name, word] of Object.entries(cases)) assert.equal(nearestWord(name, WORDS), word);
});

test('a directive of another module or a newer version is not similar to any', () => {
  for (const name of ['http3', 'brotli', 'js_import', 'proxy_pass_trailers', 'zstd', 'listen', 'subs_filter'])
    assert.equal(nearestWord(name, WORDS), null, name);
});
