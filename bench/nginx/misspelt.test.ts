import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { nearestWord, wordsIn } from './misspelt.ts';

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

test('the nearest word is the first of those with the fewest differences', () => {
  const nearest = (name: string, ...words: string[]) => nearestWord(name, words);
  assert.equal(nearest('abcdefghij', 'abcdefghxy', 'abcdefghix', 'abcdefghiy'), 'abcdefghix');
  assert.equal(nearest('abcd', 'abce', 'abcf'), 'abce');
  // One difference from four letters on, two from nine on.
  assert.equal(nearest('abc', 'abd'), null);
  assert.equal(nearest('abcd', 'abdd'), 'abdd');
  assert.equal(nearest('abcdefgh', 'abcdefxy'), null);
  assert.equal(nearest('abcdefghi', 'abcdefgxy'), 'abcdefgxy');
  assert.equal(nearest('abcdefghi', 'abcdefxyz'), null);
  assert.equal(nearest('abcdefghi', 'abcdefg'), 'abcdefg');
  assert.equal(nearest('abcdefghi', 'abcdef'), null);
  assert.equal(nearest('abcdefghi', 'abcdefghijk'), 'abcdefghijk');
  // Two neighbours that are swapped are one difference; two other letters are two.
  assert.equal(nearest('abcdef', 'bacdef'), 'bacdef');
  assert.equal(nearest('abcdef', 'abcdfe'), 'abcdfe');
  assert.equal(nearest('abcdef', 'cbadef'), null);
  assert.equal(nearest('abcdef', 'bcadef'), null);
  assert.equal(nearest('abcdef', 'bcdef'), 'bcdef');
  assert.equal(nearest('abcdef', 'xabcdef'), 'xabcdef');
  assert.equal(nearest('abcdef', 'fedcba'), null);
  assert.equal(nearest('unzip', 'gunzip'), null);
  assert.equal(nearest('abcdef', 'abcdef'), null);
});

test('words are those of the binary and of its stream module, as far as these can be read', () =>
  inFolder(async (folder) => {
    const [path, streamModule] = [join(folder, 'nginx'), join(folder, 'stream.so')];
    await writeFile(path, '\0listen\0abc\0 not_after_a_space\0Upper\0\u0001proxy_pass\0cut');
    await writeFile(streamModule, '\0preread_buffer_size\0');
    assert.deepEqual(
      [...(await wordsIn({ path, streamModule }))],
      ['listen', 'proxy_pass', 'preread_buffer_size'],
    );
    assert.deepEqual([...(await wordsIn({ path, streamModule: null }))], ['listen', 'proxy_pass']);
    assert.deepEqual([...(await wordsIn({ path: join(folder, 'none'), streamModule: null }))], []);
  }));
