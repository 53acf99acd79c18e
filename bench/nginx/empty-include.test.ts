import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { emptyIncludes, INCOMPLETE, namingEmptyIncludes } from './empty-include.ts';
import { parse } from './parse.ts';
import { directives } from './tree.ts';
import { findPaths } from './websocket.ts';

const includes = (text: string) => directives(parse(text, '/site/nginx.conf'), 'include');

test('an include without files is reported with its folder, except for modules', () => {
  const text = `include /etc/nginx/modules-enabled/*.conf;
include /etc/nginx/sites-*/*.conf;
include /etc/nginx/conf.d/*.conf;
include conf.d/*.conf;`;
  assert.deepEqual(emptyIncludes(includes(text)), [
    { path: '/etc/nginx/sites-*/*.conf', place: '/site/nginx.conf:2', folder: '/etc/nginx' },
    { path: '/etc/nginx/conf.d/*.conf', place: '/site/nginx.conf:3', folder: '/etc/nginx/conf.d' },
    { path: 'conf.d/*.conf', place: '/site/nginx.conf:4', folder: null },
  ]);
});

test('includes without files are only reported if there is no location for WebSockets', async () => {
  const withoutFiles = () => includes('include /etc/nginx/sites-enabled/*;');
  const empty = () => findPaths(parse('events {} http { }', 'mine.conf'));
  await assert.rejects(namingEmptyIncludes({ withoutFiles }, empty), (error) => {
    assert.ok(error instanceof Problem);
    assert.equal(error.code, INCOMPLETE);
    assert.match(
      error.message,
      /\/etc\/nginx\/sites-enabled\/\*.*--conf-root \/etc\/nginx\/sites-enabled=DIR/,
    );
    return true;
  });
  const plain = await namingEmptyIncludes({ withoutFiles: () => [] }, empty).catch((error) => error.message);
  assert.doesNotMatch(plain, /--conf-root/);
  const other = new Problem('configuration', 'Something else.');
  await assert.rejects(
    namingEmptyIncludes({ withoutFiles }, () => Promise.reject(other)),
    other,
  );
});
