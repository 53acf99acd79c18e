import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ofServer, only, SOUND, seenAs, UPGRADE } from '../check.test.fixture.ts';
import { tryFiles } from './try-files.ts';

const UP = UPGRADE.replaceAll('\n', ' ');

describe('try_files in front of a WebSocket', () => {
  it('in the location itself answers before proxy_pass', () => {
    const subject = ofServer(SOUND.replace('/ws {', '/ws {\ntry_files $uri =404;'));
    const answered = { handshake: { outcome: 'status-404', arrived: null } } as const;
    only(tryFiles(seenAs(subject, answered)), 'error :12 try-files-first', { fallback: '=404' });
    assert.deepEqual(tryFiles(seenAs(ofServer(SOUND), answered)), []);
  });

  it('handles folders before the location that it falls back to', () => {
    const falling = (path: string, tests: string) =>
      tryFiles(
        seenAs(
          ofServer(
            `location ${path} {\ntry_files ${tests} @app; }\nlocation @app { proxy_pass http://app; ${UP} }`,
          ),
          {},
        ),
      );
    only(falling('/', '$uri $uri/'), 'warning :12 try-files-folder', { path: '/', location: '@app' });
    only(falling('/live', '$uri $uri/'), 'note :12 try-files-folder', { path: '/live' });
    assert.deepEqual(falling('/', '$uri'), []);
    const otherwise =
      'location / { error_page 418 = @app; if ($http_upgrade) { return 418; } try_files $uri $uri/ =404; }';
    const named = `location @app { proxy_pass http://app; ${UP} }`;
    assert.deepEqual(tryFiles(seenAs(ofServer(`${otherwise} ${named}`), {})), []);
  });
});
