import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from './parse.ts';
import { lackOfStream, needsStreamModule } from './stream-module.ts';

test('a stream block needs the module, unless the configuration loads it', () => {
  const needs = (text: string) => needsStreamModule(parse(text, 'mine.conf'));
  assert.equal(needs('stream { }'), true);
  assert.equal(needs('http { }'), false);
  assert.equal(needs('load_module modules/ngx_stream_module.so; stream { }'), false);
  assert.equal(needs('load_module modules/ngx_http_js_module.so; stream { }'), true);
});

test('Nginx has the module built in or as a file, or lacks it, with the remedy', () => {
  const lack = (buildArguments: string, streamModule: string | null = null) =>
    lackOfStream({ version: '1.22.1', buildArguments, streamModule });
  assert.equal(lack('--with-stream --with-http_ssl_module'), null);
  assert.equal(lack('--with-http_ssl_module --with-stream'), null);
  assert.equal(lack('--with-stream=dynamic', '/opt/ngx_stream_module.so'), null);
  for (const without of ['--with-stream=dynamic', '--with-stream_ssl_module', '']) {
    assert.match(
      lack(without) ?? '',
      /^This Nginx \(1\.22\.1\) has no stream module\. .*libnginx-mod-stream.*--nginx PATH /,
    );
  }
});
