import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { withFiles } from './files.ts';
import { AS_IT_LIES, readConfiguration } from './include.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';
import type { Node } from './tree.ts';

/** A configuration's folder, `nginx`, next to another one, `other`. */
let root: string;
let folder: string;

before(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'reading-test-')));
  folder = join(root, 'nginx');
  for (const each of ['nginx/conf.d', 'nginx/html/sub', 'other/etc', 'other/empty'])
    await mkdir(join(root, each), { recursive: true });
  const files = [
    'nginx/htpasswd',
    'nginx/ssl.pem',
    'nginx/html/index.html',
    'other/etc/secret',
    'other/part.conf',
  ];
  await Promise.all(files.map((name) => writeFile(join(root, name), 'a;\n')));
  const links = {
    'nginx/to-file': 'htpasswd',
    'nginx/to-folder': './html/../html',
    'nginx/out': join(root, 'other/etc/secret'),
    'nginx/mapped': '/srv/etc/secret',
    'nginx/loop': 'loop2',
    'nginx/loop2': 'loop',
    'nginx/dangling': '/srv/none',
    'nginx/out-folder': '../other',
  };
  await Promise.all(Object.entries(links).map(([name, target]) => symlink(target, join(root, name))));
});
after(() => rm(root, { recursive: true, force: true }));

const short = (text: string) => text.replaceAll(root, 'ROOT').replaceAll(tmpdir(), 'TMP');
const shown = (tree: readonly Node[]) => short(print(tree).text.replace(/\s+/g, ' ').trim());

describe('the files of a configuration', () => {
  const named = async (text: string, keepGuards = false) => {
    const changes: string[] = [];
    const tree = await withFiles(
      parse(text, 'a.conf'),
      { folder, roots: [] },
      {
        keepGuards,
        onChange: (change, { name, origin }) => changes.push(`${change} ${name}:${origin?.line}`),
      },
    );
    return [shown(tree), ...changes];
  };

  test('are named by their real paths, or removed', async () => {
    assert.deepEqual(
      await named(
        'auth_basic_user_file to-file; ssl_dhparam none;\nssl_crl out; ssl_trusted_certificate $x; ssl_dhparam off; geoip_proxy a; auth_basic_user_file;',
      ),
      [
        'auth_basic_user_file ROOT/nginx/htpasswd; ssl_dhparam off; geoip_proxy a; auth_basic_user_file;',
        'missing-files ssl_dhparam:1',
        'outside-files ssl_crl:2',
        'outside-files ssl_trusted_certificate:2',
      ],
    );
    assert.deepEqual(
      await named(
        'auth_basic_user_file none; ssl_client_certificate none; auth_jwt_key_file off; ssl_crl none;',
        true,
      ),
      [
        'auth_basic_user_file no-such-folder; auth_jwt_key_file off;',
        'missing-files ssl_client_certificate:1',
        'missing-files ssl_crl:1',
      ],
    );
  });

  test('that are served are in folders, from which no link leads away', async () => {
    assert.deepEqual(
      await named(
        'http { disable_symlinks off; root html; server { alias html/sub/; disable_symlinks off; } }\nhttp { }',
      ),
      [
        'http { disable_symlinks on from=$document_root; root ROOT/nginx/html; server { alias ROOT/nginx/html/sub/; } } http { disable_symlinks on from=$document_root; }',
      ],
    );
    assert.deepEqual(await named('http; root html;'), [
      'http { disable_symlinks on from=$document_root; } root ROOT/nginx/html;',
    ]);
    assert.deepEqual(await named('# c\nuser x; geoip_country /htpasswd utf8 y; root html;'), [
      '# c user x; geoip_country ROOT/nginx/htpasswd utf8 y; root ROOT/nginx/html;',
    ]);
    assert.deepEqual(await named('http { root none; alias $x; root /etc/nginx/out-folder; }'), [
      'http { root no-such-folder; alias no-such-folder; root no-such-folder; }',
      'static-files root:1',
      'static-files alias:1',
      'static-files root:1',
    ]);
    const served = async (line: string) => (await named(`root html; ${line}`))[1] ?? 'served';
    const lines = [
      'try_files $uri $uri/ =404;',
      'try_files /$arg_a;',
      'error_page 404 /../x;',
      'rewrite ^/(\\w+)$ /x?$1;',
      'rewrite ^/.. /x;',
      'rewrite ^/a $1;',
      'error_page 404 https://$host/..;',
      'error_page 404 $scheme://x$y;',
      `index \${document_uri}x;`,
      `index $urix;`,
      'auth_request /a?$b/..;',
      'mirror /$host;',
      'return 302 /$host;',
    ];
    const found = [];
    for (const line of lines) found.push(await served(line));
    assert.deepEqual(found, [
      'served',
      'static-files root:1',
      'static-files root:1',
      'served',
      'served',
      'static-files root:1',
      'served',
      'served',
      'static-files root:1',
      'static-files root:1',
      'static-files root:1',
      'static-files root:1',
      'served',
    ]);
  });
});

describe('a configuration that is read', () => {
  const read = async (text: string, changes: Partial<typeof AS_IT_LIES> = {}, name = 'nginx/main.conf') => {
    const path = join(root, name);
    await writeFile(path, text);
    const noted: string[] = [];
    try {
      const tree = await readConfiguration(path, {
        ...AS_IT_LIES,
        onChange: (change, { name, args, origin }) =>
          noted.push(
            `${change} ${[name, ...args.map(({ text }) => text)].join(' ')} ${short(dirname(origin?.file ?? ''))}:${origin?.line}`,
          ),
        ...changes,
      });
      return [shown(tree), ...noted];
    } catch (error) {
      assert.ok(error instanceof Problem, String(error));
      return [error.kind, short(error.message), ...noted];
    }
  };

  test('has its template filled in, with a notice for each variable and its secret parts', async () => {
    const environment = { file: { A: 'secret-value', B: '8080' }, process: {} };
    assert.deepEqual(await read('set $x "$A";\nlisten $B;\nset $y $A;', { environment }), [
      'set $x "secret-value"; listen 8080; set $y secret-value;',
      'template A secret-value secret-value ROOT/nginx:1',
      'template B ROOT/nginx:2',
      'template A secret-value secret-value ROOT/nginx:3',
    ]);
    assert.deepEqual(await read('set $x "$A";', { environment }), [
      'set $x "secret-value";',
      'template A secret-value ROOT/nginx:1',
    ]);
    assert.deepEqual(await read('set $x 1;', { environment }), ['set $x 1;']);
  });

  test('includes files once, from its folder and the given roots', async () => {
    assert.deepEqual(
      await read(
        'events { }\n# c\ninclude htpasswd;\ninclude /etc/nginx/ssl.pem; include; include a b; include { }',
      ),
      [
        'events { } # c a; a; include; include a b; include { }',
        'moved-files include /etc/nginx/ssl.pem ROOT/nginx:4',
      ],
    );
    assert.deepEqual(
      await read('events { }\ninclude /srv/part.conf;', {
        roots: [{ from: '/srv', to: join(root, 'other') }],
      }),
      ['events { } a;'],
    );
    assert.deepEqual(
      await read(
        'events { }\ninclude none/*.conf; include fastcgi_params; include x/resolver.conf; include a/mime.types;',
      ),
      [
        "events { } # a/mime.types is not on this machine: nginx's built-in MIME types apply",
        'no-files include none/*.conf ROOT/nginx:2',
        'well-known-files include fastcgi_params ROOT/nginx:2',
        'well-known-files include x/resolver.conf ROOT/nginx:2',
      ],
    );
    // A folder outside is no matter as long as it has no files.
    assert.deepEqual(await read('events { }\ninclude out-folder/empty/*.conf;'), [
      'events { }',
      'no-files include out-folder/empty/*.conf ROOT/nginx:2',
    ]);
    const found = [];
    for (const path of [
      'none.conf',
      '/etc/none.conf',
      'out-folder/part.conf',
      'out-folder/*.conf',
      'main.conf',
      'dangl*',
      'loop',
      'html',
    ])
      found.push([path, ...(await read(`events { }\ninclude ${path};`))]);
    assert.deepEqual(found, [
      [
        'none.conf',
        'configuration',
        'The Nginx configuration none.conf, included at ROOT/nginx/main.conf:2, cannot be read: there is no such file.',
      ],
      [
        '/etc/none.conf',
        'configuration',
        'The Nginx configuration /etc/none.conf, included at ROOT/nginx/main.conf:2, cannot be read: there is no such file. If this file exists elsewhere on this machine, name its folder with --conf-root /etc=DIR.',
      ],
      [
        'out-folder/part.conf',
        'configuration',
        'The path ROOT/nginx/out-folder/part.conf, included at ROOT/nginx/main.conf:2, is in ROOT/other, outside the folder of the main Nginx configuration. To allow this path to be read, use --conf-root ROOT/other=ROOT/other.',
      ],
      [
        'out-folder/*.conf',
        'configuration',
        'The path ROOT/nginx/out-folder, included at ROOT/nginx/main.conf:2, is in ROOT/other, outside the folder of the main Nginx configuration. To allow this path to be read, use --conf-root ROOT/other=ROOT/other.',
      ],
      [
        'main.conf',
        'configuration',
        'The files included at ROOT/nginx/main.conf:2 include each other in a circle. Remove one of the includes.',
      ],
      [
        'dangl*',
        'configuration',
        'The link ROOT/nginx/dangling, included at ROOT/nginx/main.conf:2, leads to /srv/none, which does not exist on this machine. If this file exists elsewhere on this machine, name its folder with --conf-root /srv=DIR.',
      ],
      [
        'loop',
        'configuration',
        'The Nginx configuration loop, included at ROOT/nginx/main.conf:2, cannot be read: there is no such file.',
      ],
      [
        'html',
        'configuration',
        'The Nginx configuration ROOT/nginx/html, included at ROOT/nginx/main.conf:2, cannot be read: it is a folder.',
      ],
    ]);
    assert.deepEqual(await read('\ufeffevents { }'), [
      'configuration',
      'nginx cannot read this: the byte order mark (UTF-8 BOM) at the start of the file becomes part of the first directive in ROOT/nginx/main.conf:1. Save the file without this mark.',
    ]);
  });

  test('is wrapped and completed if it is a part, whose folder is the one above', async () => {
    const site =
      'server { auth_basic_user_file htpasswd; location / { proxy_pass http://a; proxy_set_header Connection $connection_upgrade; } }';
    assert.deepEqual(await read(site, {}, 'nginx/conf.d/site.conf'), [
      'http { map $http_upgrade $connection_upgrade { default upgrade; "" close; } server { auth_basic_user_file ROOT/nginx/htpasswd; location / { proxy_pass http://a; proxy_set_header Connection $connection_upgrade; } } }',
      'wrapped-http server ROOT/nginx/conf.d:1',
      'upgrade-map proxy_set_header Connection $connection_upgrade ROOT/nginx/conf.d:1',
    ]);
    // A complete configuration is not completed, wherever it is.
    const whole = 'events { } http { add_header A $connection_upgrade; }\ninclude part.conf;';
    await writeFile(join(folder, 'conf.d/part.conf'), 'b;');
    assert.deepEqual(await read(whole, {}, 'nginx/conf.d/whole.conf'), [
      'events { } http { add_header A $connection_upgrade; } b;',
    ]);
    const text = await readConfiguration({ name: 'stdin', text: 'events { }\nworker_processes 1;' });
    assert.deepEqual(
      text.map(({ origin }) => origin),
      [
        { file: 'stdin', line: 1 },
        { file: 'stdin', line: 2 },
      ],
    );
    await assert.rejects(readConfiguration(join(root, 'nginx/dangling')), (error) => {
      assert.ok(error instanceof Problem);
      assert.deepEqual(
        [error.kind, short(error.message)],
        [
          'usage',
          'The Nginx configuration ROOT/nginx/dangling, a link to /srv/none, cannot be read: there is no such file. If this file exists elsewhere on this machine, name its folder with --conf-root /srv=DIR.',
        ],
      );
      return true;
    });
  });

  test('keeps access rules without their files, unless they are to be removed', async () => {
    const text = 'auth_basic_user_file none;';
    assert.deepEqual(await read(text), ['auth_basic_user_file no-such-folder;']);
    assert.deepEqual(await read(text, { keepGuards: false }), [
      '',
      'missing-files auth_basic_user_file none ROOT/nginx:1',
    ]);
  });

  test('is limited in size, together with its includes', async () => {
    const lines = 'include htpasswd;\n'.repeat(5000);
    const [kind = '', message = ''] = await read(`events { }\n${lines}`);
    assert.deepEqual(
      [kind, /more than (\d+) files/.exec(message)?.[1] ?? message.length],
      ['configuration', '1000'],
    );
  });
});
