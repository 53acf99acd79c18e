import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import { Agent as AgentOverTls, request as requestOverTls } from 'node:https';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeOpenFolder } from '../../test/folder.ts';
import { COMMON_FOLDER } from '../../test/nobody.ts';
import { Problem } from '../model/failure.ts';
import { launch } from '../topology/process.ts';
import type { ProcessSet } from '../topology/process-set.ts';
import type { EchoServer } from '../topology/servers.ts';
import type { StartedTarget } from '../topology/target.ts';
import { openFolderToWorkers } from '../topology/worker-user.ts';
import { findNginx, type NginxBinary } from './binary.ts';
import { NGINX } from './driver.ts';

/**
 * Tests with a real Nginx that a configuration cannot read, write or load files outside the sandbox: every directive
 * that takes a file, a folder, a module or a command, with hostile values.
 */

const CANARY = 'canary-that-must-not-be-read';
const PLAN = {
  placement: null,
  proxy: { workers: 1, workerConnections: 64, workerFiles: 256, reuseport: false, backlog: 64 },
};

let root: string;
/** Folder with files that must not be read or changed. */
let outside: string;
let binary: NginxBinary;
/** Server that receives ordinary requests. It responds with the canary's path in a header that Nginx follows. */
const backend = createServer((_, response) => response.end('page of the echo server'));
let echo: EchoServer;

before(async () => {
  root = makeOpenFolder(join(COMMON_FOLDER, 'files-test-'));
  await chmod(root, 0o755);
  outside = join(root, 'outside');
  await mkdir(outside);
  for (const name of ['canary.txt', 'index.html', 'users', 'page.html.gz', 'a.flv', 'a.conf'])
    await writeFile(join(outside, name), `${CANARY};\n`);
  await buildModule();
  binary = await findNginx({
    source: null,
    searchPath: process.env.PATH ?? '',
    cacheDir: fileURLToPath(new URL('../../../.cache', import.meta.url)),
    say: () => {},
  });
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  const address = backend.address();
  assert.ok(address !== null && typeof address === 'object');
  echo = { host: '127.0.0.1', port: address.port } as EchoServer;
});
after(async () => {
  backend.closeAllConnections();
  backend.close();
  await rm(root, { recursive: true, force: true });
});

/** Builds a library that creates a file when loaded. Without a compiler, that part of the test proves less. */
async function buildModule(): Promise<void> {
  const source = join(root, 'evil.c');
  await writeFile(
    source,
    `#include <fcntl.h>
__attribute__((constructor)) static void loaded(void) { open("${outside}/loaded", O_CREAT | O_WRONLY, 0644); }\n`,
  );
  const library = join(outside, 'evil.so');
  await promisify(execFile)('cc', ['-shared', '-fPIC', '-o', library, source]).catch(() =>
    writeFile(library, `${CANARY}\n`),
  );
}

const WEBSOCKET = `location /ws { proxy_pass http://app; proxy_http_version 1.1;
  proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }`;

interface Places {
  main: string;
  http: string;
  server: string;
  location: string;
}

const nginx = ({ main, http, server, location }: Places) => `${main}
events {}
http {
  ${http}
  upstream app { server 10.0.0.1:80; }
  server {
    listen 80; listen 443 ssl;
    ${server}
    ${WEBSOCKET}
    location /evil/ { ${location} }
  }
}
`;

/** Runs a configuration as `run` and `up` do; null if it was rejected. */
async function running(
  text: string,
  body: (target: StartedTarget, folder: string) => Promise<void>,
): Promise<void> {
  const site = makeOpenFolder(join(root, 'site-'));
  await chmod(site, 0o755);
  await mkdir(join(site, 'public'));
  await writeFile(join(site, 'public/own.html'), 'own page');
  await symlink(outside, join(site, 'public/link'));
  await writeFile(join(site, 'nginx.conf'), text.replaceAll('SITE', site));
  const folder = makeOpenFolder(join(root, 'run-'));
  await openFolderToWorkers(folder);
  const options = {
    roots: [],
    envFile: null,
    keepGuards: true,
    websocketPath: '/ws',
    host: null,
    headers: [],
  };
  const source = {
    path: join(site, 'nginx.conf'),
    tunings: [],
    key: 'ecdsa' as const,
    upstreamTls: false,
    options,
  };
  const set = { launch } as ProcessSet;
  let target: StartedTarget;
  try {
    target = await (await NGINX.prepare(source)).start(PLAN, binary, [echo], folder, set);
  } catch (error) {
    // Rejecting it is also fine, but only because of a fault in the configuration.
    assert.ok(error instanceof Problem && error.kind === 'configuration', String(error));
    assert.doesNotMatch(error.message, new RegExp(CANARY));
    return;
  }
  try {
    await body(target, folder);
  } finally {
    await target.proxy?.launched?.stop('SIGTERM', 2000);
  }
}

/** Keep the connection for the next request: a handshake costs more than all that these tests ask. */
const agents = [new Agent({ keepAlive: true }), new AgentOverTls({ keepAlive: true })] as const;
after(() => {
  for (const agent of agents) agent.destroy();
});

/** Sends the path as it is; neither Nginx nor this client has to like it. */
async function ask(
  target: StartedTarget,
  path: string,
  method = 'GET',
): Promise<{ path: string; status: number; body: string }> {
  const [plain, overTls] = agents;
  const asked = (target.tls === null ? request : requestOverTls)({
    host: target.host,
    port: target.ports[0],
    path,
    method,
    agent: target.tls === null ? plain : overTls,
    headers: {
      'X-File': '../../outside/canary.txt',
      Cookie: 'page=/../outside/canary.txt',
      Destination: '/evil/b',
    },
    rejectUnauthorized: false,
  });
  asked.end(method === 'PUT' ? 'written' : undefined);
  const [response] = await once(asked, 'response');
  let body = '';
  for await (const chunk of response) body += chunk;
  return { path, status: response.statusCode, body };
}

const PATHS = [
  ...['/evil/', '/'].flatMap((folder) =>
    ['', 'canary.txt', 'own.html', 'link/canary.txt', 'page.html', 'a.flv'].map((name) => `${folder}${name}`),
  ),
  ...['../outside/canary.txt', '../../outside/canary.txt'].map((file) => `/evil/?f=${file}`),
  ...['/evil../outside/canary.txt', '/evil/%2e%2e/outside/canary.txt', '/outside/', '/evil/outside/'],
];

/** Returns the names, sizes and times of the files outside. */
async function facts(): Promise<string[]> {
  const names = (await readdir(outside)).sort();
  const all = await Promise.all(names.map((name) => stat(join(outside, name))));
  return all.map(({ size, mtimeMs, mode }, index) => `${names[index]} ${size} ${mtimeMs} ${mode}`);
}

/**
 * Hostile directives by context. OUT is the folder outside. Each one gets a separate configuration, because Nginx
 * rejects many of them together.
 */
const HOSTILE: Record<keyof Places, readonly string[]> = {
  main: [
    'load_module OUT/evil.so;',
    'load_module "../../outside/evil.so";',
    'load_module OUT/ngx_http_perl_module.so;',
    'ssl_engine OUT/evil.so;',
    'ssl_engine dynamic;',
    'env LD_PRELOAD=OUT/evil.so;',
    'env OPENSSL_CONF=OUT/a.conf;',
    'include OUT/a.conf;',
    'include ../outside/a.conf;',
    'pid OUT/pid;',
    'lock_file OUT/lock;',
    'error_log OUT/error.log debug;',
    'working_directory OUT;',
    'google_perftools_profiles OUT/profile;',
    'worker_rlimit_core 1g;',
    'user root;',
    'thread_pool OUT threads=1;',
    'mail { auth_http localhost; ssl_certificate OUT/canary.txt; }',
  ],
  http: [
    'include OUT/*.conf;',
    'map $host $a { include OUT/a.conf; }',
    'map $host $a { include ../outside/a.conf; }',
    'geo $a { ranges; include ../outside/a.conf; }',
    'types { include OUT/a.conf; }',
    'perl_modules OUT;',
    'perl_require OUT/canary.txt;',
    'perl_set $a "sub { open F, q(OUT/canary.txt); return <F>; }";',
    'js_path OUT;',
    'js_import OUT/canary.txt;',
    'lua_package_path "OUT/?.lua;;";',
    'lua_package_cpath "OUT/?.so;;";',
    'init_by_lua_file OUT/canary.txt;',
    'geoip_country OUT/canary.txt;',
    'geoip2 OUT/canary.txt { $a country names en; }',
    'xml_entities OUT/canary.txt;',
    'proxy_cache_path OUT/cache keys_zone=a:1m;',
    'fastcgi_cache_path OUT/cache keys_zone=a:1m;',
    'client_body_temp_path OUT/temp 1 2;',
    'proxy_temp_path OUT/temp;',
    'access_log OUT/access.log;',
    'access_log OUT/$arg_f.log;',
    'access_log ../outside/access.log;',
    'modsecurity_rules_file OUT/canary.txt;',
    'passenger_root OUT;',
    'no_such_directive file=OUT/canary.txt;',
    'no_such_directive ../outside/canary.txt;',
    'root OUT;',
    'root ../outside;',
    'root /;',
    'split_clients $host $a { 100% OUT/canary.txt; } root $a;',
    'map $host $a { default OUT; } root $a;',
    'auth_basic a; auth_basic_user_file OUT/users;',
    'auth_basic a; auth_basic_user_file $arg_f;',
  ],
  server: [
    'ssl_certificate OUT/canary.txt; ssl_certificate_key OUT/canary.txt;',
    'ssl_certificate_key engine:evil:OUT/canary.txt; ssl_certificate OUT/canary.txt;',
    'ssl_certificate store:file:OUT/canary.txt; ssl_certificate_key store:file:OUT/canary.txt;',
    'ssl_certificate $arg_f; ssl_certificate_key data:$arg_f;',
    'ssl_password_file OUT/canary.txt;',
    'ssl_client_certificate OUT/canary.txt;',
    'ssl_trusted_certificate OUT/canary.txt;',
    'ssl_crl ../outside/canary.txt;',
    'ssl_dhparam OUT/canary.txt;',
    'ssl_session_ticket_key OUT/canary.txt;',
    'ssl_stapling on; ssl_stapling_file OUT/canary.txt;',
    'ssl_ech_file OUT/canary.txt;',
    'ssl_key_log OUT/keys;',
    'ssl_conf_command Certificate OUT/canary.txt;',
    'ssl_conf_command ChainCAFile OUT/canary.txt;',
    'ssl_conf_command DHParameters OUT/canary.txt;',
    'ssl_conf_command serverinfofile OUT/canary.txt;',
    'quic_host_key OUT/canary.txt;',
    'proxy_ssl_certificate OUT/canary.txt; proxy_ssl_certificate_key engine:a:b;',
    'proxy_ssl_trusted_certificate OUT/canary.txt;',
    'grpc_ssl_certificate OUT/canary.txt;',
    'uwsgi_ssl_password_file OUT/canary.txt;',
    'proxy_ssl_conf_command Certificate OUT/canary.txt;',
    'root OUT;',
    'root OUT; try_files $uri =404;',
    'root SITE/public; try_files /../../outside/canary.txt =404;',
    'root SITE/public; error_page 404 =200 /../../outside/canary.txt;',
    'root SITE/public; index ../../outside/canary.txt;',
    'root SITE/public; rewrite ^/own /../../outside/canary.txt break;',
    'root SITE/public; rewrite ^ $cookie_page break;',
    'root SITE/public/link;',
    'root SITE/public; disable_symlinks off;',
    'if (-f OUT/canary.txt) { return 200 "CANARY"; }',
    'if ( -e OUT ) { return 200 "CANARY"; }',
    'if (!-d "OUT/none") { set $a 1; } if (-f SITE/../outside/$arg_f) { return 200 "CANARY"; }',
    'if (-f $document_root/../../outside/canary.txt) { return 200 "CANARY"; }',
    'root OUT; dav_methods PUT DELETE MKCOL COPY MOVE; create_full_put_path on;',
    'open_log_file_cache max=10; access_log OUT/$remote_addr.log;',
    'open_file_cache max=10; root OUT; autoindex on;',
  ],
  location: [
    'alias OUT/;',
    'alias /;',
    'alias ../outside/;',
    'alias OUT/$arg_f;',
    'alias SITE/public/$arg_f;',
    'alias SITE/public/link/;',
    'alias SITE/;',
    'alias OUT/; autoindex on;',
    'alias OUT/; random_index on;',
    'alias OUT/; gzip_static always;',
    'alias OUT/; flv;',
    'alias OUT/; mp4;',
    'alias OUT/; image_filter test;',
    'alias OUT/; xslt_stylesheet OUT/canary.txt;',
    'alias OUT/; ssi on; ssi_types *;',
    'alias OUT/; sub_filter a b; addition_types *; add_after_body /evil/canary.txt;',
    'alias OUT/; dav_methods PUT DELETE MKCOL COPY MOVE; dav_access user:rw all:rw;',
    'root OUT; dav_methods PUT; create_full_put_path on; min_delete_depth 0;',
    'proxy_pass http://app; proxy_store OUT/stored; proxy_store_access all:rw;',
    'proxy_pass http://app; proxy_store on; root OUT;',
    'proxy_pass http://app; proxy_store OUT$uri;',
    'proxy_pass http://app; client_body_in_file_only on; client_body_temp_path OUT;',
    'fastcgi_pass unix:OUT/socket; fastcgi_store OUT/stored; fastcgi_param SCRIPT_FILENAME OUT/canary.txt;',
    'uwsgi_pass unix:OUT/socket; uwsgi_store OUT/stored;',
    'perl "sub { system q(touch OUT/command); }";',
    'js_content a.b;',
    'content_by_lua_file OUT/canary.txt;',
    'content_by_lua "os.execute([[touch OUT/command]])";',
    'cgi on; root OUT;',
    'exec touch OUT/command;',
    'internal_redirect /../../outside/canary.txt; root SITE/public;',
    'root SITE/public; try_files /$arg_f =404;',
    'root SITE/public; try_files /../$http_x_file =404;',
    'root SITE/public; if (-f $arg_f) { return 200 "CANARY"; }',
    'root SITE/public; mirror /../../outside/canary.txt;',
    'root SITE/public; rewrite ^/(.)vil/(.*) /../../outside/canary.txt last;',
    'rewrite ^ /../../../../../../etc/passwd break;',
    'rewrite ^ /../../../..SITE/../outside/canary.txt break;',
    'root .; rewrite ^ /key.pem break;',
    'root .; rewrite ^ /../../outside/canary.txt break;',
    'alias key.pem;',
    'root "";',
    'set $document_root OUT; root $document_root;',
  ],
};

describe('no file access from a configuration leaves the sandbox', () => {
  for (const [place, lines] of Object.entries(HOSTILE)) {
    for (const line of lines) {
      test(`${place}: ${line}`, async () => {
        const earlier = await facts();
        const written = line.replaceAll('OUT', outside).replaceAll('CANARY', CANARY);
        const places = { main: '', http: '', server: '', location: '', [place]: written };
        await running(nginx(places), async (target, folder) => {
          for (const path of PATHS) {
            const { body } = await ask(target, path);
            assert.ok(!body.includes(CANARY), `${path}: ${body}`);
            assert.doesNotMatch(body, /canary\.txt<\/a>|PRIVATE KEY|root:.*:0:0:/, path);
          }
          for (const method of ['PUT', 'DELETE', 'MKCOL', 'MOVE'])
            await ask(target, '/evil/canary.txt', method);
          await ask(target, '/evil/fresh.txt', 'PUT');
          const printed = await readFile(join(folder, 'nginx.conf'), 'utf8');
          assert.ok(!directivesOf(printed).includes(outside), printed);
        });
        assert.deepEqual(await facts(), earlier);
      });
    }
  }

  test('files in the configuration’s own folder are served, but not the targets of links', async () => {
    const server = 'root SITE/public; try_files $uri =404;';
    let isServed = false;
    await running(nginx({ main: '', http: '', server, location: '' }), async (target) => {
      assert.deepEqual(await ask(target, '/own.html'), { path: '/own.html', status: 200, body: 'own page' });
      assert.notEqual((await ask(target, '/link/canary.txt')).status, 200);
      isServed = true;
    });
    assert.ok(isServed);
  });

  test('the canary can be read and changed from here, so the other tests are meaningful', async () => {
    await access(outside);
    assert.equal(await readFile(join(outside, 'canary.txt'), 'utf8'), `${CANARY};\n`);
    assert.equal(
      (await facts()).some((fact) => fact.startsWith('loaded ')),
      false,
    );
  });
});

/** Returns the directives without paths that Nginx never opens: comments, request tests, values of variables. */
function directivesOf(printed: string): string {
  return printed.replace(
    /^\s*(#|return|set|rewrite|try_files|error_page|mirror|index|fastcgi_param|default|100%|thread_pool) .*$/gm,
    '',
  );
}
