import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { Problem } from '../model/failure.ts';
import { AS_IT_LIES, readConfiguration } from './include.ts';
import { type Directive, directives, type Node, texts } from './tree.ts';

const CANARY = 'canary-that-must-not-be-read';

/** Writes files. A text that starts with `→` is the target of a link. */
async function write(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    if (text.startsWith('→')) await symlink(text.slice(1), path);
    else await writeFile(path, text);
  }
}

interface Case {
  files: Record<string, string>;
  conf?: string;
  roots?: Record<string, string>;
}

/** Reads `site/nginx.conf` with these files, and passes the directives in `http` to `body`. */
async function read(
  { files, conf = 'site/nginx.conf', roots = {} }: Case,
  work: (http: Directive[], folder: string, changes: string[]) => void | Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    await write(folder, {
      'secret.conf': `default_type ${CANARY};`,
      'away/a.conf': `default_type ${CANARY};`,
    });
    await write(folder, files);
    const changes: string[] = [];
    const tree = await readConfiguration(join(folder, conf), {
      ...AS_IT_LIES,
      roots: Object.entries(roots).map(([from, to]) => ({ from, to: join(folder, to) })),
      onChange: (change, { name }) => changes.push(`${change} ${name}`),
    });
    const [http] = directives(tree, 'http');
    await work(directives(http?.block ?? null), folder, changes);
  });
}

const names = (nodes: readonly Node[]) =>
  directives(nodes).map((node) => [node.name, ...texts(node)].join(' '));

async function refuses(what: Case, expected: RegExp, kind = 'configuration'): Promise<void> {
  await assert.rejects(
    read(what, () => assert.fail('it was read')),
    (error) => {
      assert.ok(error instanceof Problem, String(error));
      assert.match(error.message, expected);
      assert.doesNotMatch(error.message, new RegExp(CANARY));
      assert.equal(error.kind, kind);
      return true;
    },
  );
}

const nginx = (http: string) => `events {}\nhttp {\n${http}\n}`;

describe('includes stay in the folder of the configuration', () => {
  const outside: Record<string, Case> = {
    'a `..`': { files: { 'site/nginx.conf': nginx('include ../secret.conf;') } },
    'a `..` in a pattern': { files: { 'site/nginx.conf': nginx('include ../*.conf;') } },
    '`..` after a folder': { files: { 'site/nginx.conf': nginx('include conf.d/../../secret.conf;') } },
    'a link to a file': {
      files: { 'site/nginx.conf': nginx('include a.conf;'), 'site/a.conf': '→../secret.conf' },
    },
    'a link among the files that match a pattern': {
      files: { 'site/nginx.conf': nginx('include conf.d/*;'), 'site/conf.d/a': '→../../secret.conf' },
    },
    'a link to a folder': {
      files: { 'site/nginx.conf': nginx('include conf.d/*.conf;'), 'site/conf.d': '→../away' },
    },
    'a link to a link': {
      files: {
        'site/nginx.conf': nginx('include a.conf;'),
        'site/a.conf': '→b',
        'site/b': '→../away/a.conf',
      },
    },
    'a `..` after the name of a root': {
      files: { 'site/nginx.conf': nginx('include /srv/shared/../secret.conf;'), 'shared/x': '' },
      roots: { '/srv/shared': 'shared' },
    },
    'in a map': {
      files: { 'site/nginx.conf': nginx('map $host $a {\ninclude ../secret.conf; }') },
    },
  };
  for (const [what, each] of Object.entries(outside)) {
    it(`${what}: rejected, with place and remedy`, () =>
      refuses(each, /included at \S+\/nginx\.conf:\d, is in .*, outside .* --conf-root (\/\S+)=\1\.$/));
  }

  it('a link by its absolute path is rejected', () =>
    inFolder(async (folder) => {
      await write(folder, {
        'secret.conf': CANARY,
        'site/nginx.conf': nginx('include a.conf;'),
        'site/a.conf': `→${folder}/secret.conf`,
      });
      await assert.rejects(
        readConfiguration(join(folder, 'site/nginx.conf')),
        /outside the folder of the main Nginx configuration/,
      );
    }));

  it('the suggested remedy works', () =>
    read(
      { files: { 'site/nginx.conf': nginx('include ../away/*.conf;') }, roots: { '/any': 'away' } },
      (http) => assert.deepEqual(names(http), [`default_type ${CANARY}`]),
    ));

  it('links within the folder are followed; origins keep the included path', () =>
    read(
      {
        files: {
          'site/nginx.conf': nginx('include sites-enabled/*;'),
          'site/sites-available/chat': 'default_type chat;',
          'site/sites-enabled/a': '→../sites-available/chat',
          'site/sites-enabled/b': '→../linked/chat',
          'site/linked': '→sites-available',
          'site/sites-enabled/dangling': '→../sites-available/none',
        },
      },
      (http, folder) => {
        assert.deepEqual(names(http), ['default_type chat', 'default_type chat']);
        assert.equal(http[0]?.origin?.file, join(folder, 'site/sites-enabled/a'));
      },
    ));

  it('an absolute link without a root is rejected, with its target', () => {
    const files = {
      'site/nginx.conf': nginx('include sites-enabled/*;'),
      'site/sites-enabled/chat': '→/etc/no-such-nginx/sites-available/chat',
    };
    return assert.rejects(
      read({ files }, () => {}),
      /sites-enabled\/chat, included at .*nginx\.conf:\d+, leads to \/etc\/no-such-nginx\/sites-available\/chat.* --conf-root \/etc\/no-such-nginx\/sites-available=DIR/,
    );
  });

  it('a folder reached through a link is still the folder of the configuration', () =>
    read(
      {
        files: {
          'real/nginx.conf': nginx('include conf.d/*.conf;'),
          'real/conf.d/a.conf': 'default_type a;',
          site: '→real',
        },
      },
      (http) => assert.deepEqual(names(http), ['default_type a']),
    ));

  it('an absolute link is treated as a path of the configuration, to which a root applies', async () => {
    const files = {
      'copy/nginx.conf': nginx('include sites-enabled/*;'),
      'copy/sites-available/chat': 'default_type chat;',
      'copy/sites-enabled/chat': '→/etc/nginx/sites-available/chat',
    };
    const roots = { '/etc/nginx': 'copy' };
    await read({ files, roots, conf: 'copy/nginx.conf' }, (http) =>
      assert.deepEqual(names(http), ['default_type chat']),
    );
    await read({ files, roots, conf: 'copy/sites-enabled/chat' }, (http) => assert.deepEqual(http, []));
  });

  it('links that form a loop count as missing files', () =>
    read(
      {
        files: {
          'site/nginx.conf': nginx('include conf.d/*;'),
          'site/conf.d/a': '→b',
          'site/conf.d/b': '→a',
        },
      },
      (http) => assert.deepEqual(http, []),
    ));
});

describe('files and folders that a configuration names', () => {
  const files = {
    'site/dh.pem': '',
    'site/public/index.html': '',
    'site/out.pem': '→../secret.conf',
    'site/outside': '→../away',
    'site/me': '→.',
  };

  it('are used if they are in its folder', () =>
    read(
      {
        files: {
          ...files,
          'site/nginx.conf': nginx('ssl_dhparam dh.pem; root public; location /a { alias /srv/public/; }'),
        },
      },
      (http, folder, changes) => {
        const site = join(folder, 'site');
        assert.deepEqual(names(http), [
          'disable_symlinks on from=$document_root',
          `ssl_dhparam ${site}/dh.pem`,
          `root ${site}/public`,
          'location /a',
        ]);
        assert.deepEqual(names(http[3]?.block ?? []), [`alias ${site}/public/`]);
        assert.deepEqual(changes, []);
      },
    ));

  it('are not used if they are outside, depend on a variable, or are a pipe', () =>
    read(
      {
        files: {
          ...files,
          'site/nginx.conf': nginx(
            `ssl_dhparam out.pem; ssl_crl ../secret.conf; ssl_client_certificate none.pem; auth_basic_user_file /$arg_a;
            root /; root ..; root me; root outside; root /srv/$host; root $arg_root; root public/$host; root "";`,
          ),
        },
      },
      (http, _, changes) => {
        // An access rule without its file admits nobody.
        assert.deepEqual(
          new Set(names(http)),
          new Set(['auth_basic_user_file no-such-folder', 'root no-such-folder']),
        );
        assert.deepEqual(changes, [
          'outside-files ssl_dhparam',
          'outside-files ssl_crl',
          'missing-files ssl_client_certificate',
          ...Array.from({ length: 8 }, () => 'static-files root'),
        ]);
      },
    ));

  for (const way of [
    'rewrite ^ /../../secret.conf break;',
    'rewrite ^/(.)x(.)/ /$1$2/secret.conf last;',
    'try_files /$arg_file =404;',
    'index ../../secret.conf;',
    'error_page 404 /../../secret.conf;',
    'error_page 404 $cookie_page;',
    'try_files $uri_of_mine =404;',
  ]) {
    it(`are not served if a request could lead out of a folder: ${way}`, () =>
      read({ files: { ...files, 'site/nginx.conf': nginx(`root public; ${way}`) } }, (http, _, changes) => {
        assert.deepEqual(
          names(http).filter((name) => name.startsWith('root')),
          ['root no-such-folder'],
        );
        assert.deepEqual(changes, ['static-files root']);
      }));
  }

  it('are served if every path is normalised', () =>
    read(
      {
        files: {
          ...files,
          'site/nginx.conf': nginx(
            `root public; index index.html; error_page 404 =200 /404.html;
          try_files $uri $uri/ $uri.html /index.html?a=$arg_a @app; rewrite ^/(.*)$ https://$host/$1 permanent;
          disable_symlinks off;`,
          ),
        },
      },
      (http, folder) => {
        assert.ok(names(http).includes(`root ${join(folder, 'site/public')}`));
        assert.deepEqual(
          names(http).filter((name) => name.startsWith('disable_symlinks')),
          ['disable_symlinks on from=$document_root'],
        );
      },
    ));
});

describe('limits on reading', () => {
  it('files that include each other’s siblings are rejected before there are many', () =>
    refuses(
      {
        files: {
          'site/nginx.conf': nginx('include bomb/*;'),
          ...Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`site/bomb/${n}`, 'include bomb/*;'])),
        },
      },
      /^The (configuration includes more than 1000 files|files included at \S+:1 include each other in a circle)/,
    ));

  it('files that include many others, without a circle', () =>
    refuses(
      {
        files: {
          'site/nginx.conf': nginx('include 1/*;'),
          ...Object.fromEntries(
            [1, 2, 3].flatMap((level) =>
              Array.from({ length: 12 }, (_, n) => [`site/${level}/${n}`, `include ${level + 1}/*;`]),
            ),
          ),
        },
      },
      /^The configuration includes more than 1000 files; the include at \S+\/\d\/\d+:1 exceeds this limit\. Check for files/,
    ));

  it('files included 32 levels deep are read, and the next level is rejected', async () => {
    const levels = Array.from({ length: 31 }, (_, n) => [`site/${n + 1}`, `include ${n + 2};`]);
    const files = { 'site/nginx.conf': nginx('include 1;'), ...Object.fromEntries(levels) };
    await read({ files: { ...files, 'site/32': 'etag off;' } }, (http) =>
      assert.deepEqual(names(http), ['etag off']),
    );
    await refuses(
      { files: { ...files, 'site/32': 'include 33;', 'site/33': 'etag off;' } },
      /included at \S+\/32:1 include each other in a circle/,
    );
  });

  it('1000 files are read, including the main one, and the next is rejected', async () => {
    const files = (count: number) => ({
      'site/nginx.conf': nginx('include a;\n'.repeat(count - 1)),
      'site/a': 'etag off;',
    });
    await read({ files: files(1000) }, (http) => assert.equal(http.length, 999));
    await refuses(
      { files: files(1001) },
      /more than 1000 files; the include at \S+:1002 exceeds this limit\./,
    );
  });

  it('patterns over links that form a loop', () =>
    refuses(
      {
        files: {
          'site/nginx.conf': nginx(`include ${'*/'.repeat(12)}*;`),
          ...Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`site/l${n}`, '→.'])),
        },
      },
      /more than 1000 files/,
    ));

  it('a pattern that would take a regular expression very long', () =>
    read(
      {
        files: {
          'site/nginx.conf': nginx(`include ${'*a'.repeat(40)}*b; include [z-a]*;`),
          [`site/${'a'.repeat(200)}`]: '',
        },
      },
      (http) => assert.deepEqual(http, []),
    ));

  it('the total size of all files', () =>
    inFolder(async (folder) => {
      await write(folder, { 'nginx.conf': nginx('include big; include big;'), big: '' });
      await writeFile(join(folder, 'big'), `#${'x'.repeat(5_000_000)}`);
      await assert.rejects(
        readConfiguration(join(folder, 'nginx.conf')),
        /\/big, included at \S+:3, cannot be read: it is larger than/,
      );
    }));

  it('only regular files', () =>
    inFolder(async (folder) => {
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      const reason = /cannot be read: it is a pipe or a device, but only regular files can be read\.$/;
      for (const path of [join(folder, 'pipe'), '/dev/zero'])
        await assert.rejects(readConfiguration(path), { kind: 'usage', message: reason });
      await write(folder, { 'nginx.conf': nginx('include p*;') });
      await assert.rejects(readConfiguration(join(folder, 'nginx.conf')), {
        kind: 'configuration',
        message: reason,
      });
    }));

  it('names in a template are looked up once, however often they occur', () =>
    read(
      {
        files: {
          'site/nginx.conf': nginx(Array.from({ length: 20_000 }, (_, n) => `set $A${n} b;`).join('\n')),
        },
      },
      (http) => assert.equal(http.length, 20_000),
    ));
});
