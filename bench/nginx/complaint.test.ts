import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Problem } from '../model/failure.ts';
import { templateRemedy, vitalParts, withoutCulprit } from './complaint.ts';
import { wrapFragment } from './fragment.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';
import { directives } from './tree.ts';

const TEXT = `load_module modules/a.so;
http {
brotli on;
log_format l '$remote_addr $geo_code \${geo_code}x $geo_codes';
ssl_ecdh_curve X:Y;
upstream app { sticky; }
upstream other { sticky; }
server {
aio on;
brotli on;
ssl_crl /etc/crl.pem;
location /ws { proxy_pass http://app/; brotli off; }
} }`;

function without(complaint: string, text = TEXT) {
  const tree = parse(text, '/a b.conf');
  const [http] = directives(tree, 'http');
  const server = directives(http?.block ?? null, 'server')[0];
  const location = directives(server?.block ?? null, 'location')[0];
  const changes: string[] = [];
  const rest = withoutCulprit(tree, complaint, vitalParts(tree, location), (change, node) =>
    changes.push(`${change} ${node.name}:${node.origin?.line}`),
  );
  return { text: rest && print(rest).text, changes };
}

describe('a directive that Nginx rejects', () => {
  test('is removed at its line, or everywhere', () => {
    const plain = TEXT.replace(' brotli off;', '');
    const cases: [string, string[]][] = [
      ['unknown directive "brotli" in /a b.conf:3', ['other-modules brotli:3', 'other-modules brotli:10']],
      [
        'dlopen() "/m/a.so" failed (/m/a.so: cannot open shared object file) in /a b.conf:1',
        ['other-modules load_module:1'],
      ],
      ['SSL_CTX_set1_curves_list("X:Y") failed (SSL: error:0A00)', ['this-system ssl_ecdh_curve:5']],
      [
        'SSL_CTX_load_verify_locations("/etc/crl.pem") failed (SSL: … No such file or directory)',
        ['missing-files ssl_crl:11'],
      ],
      ['"aio on" is unsupported on this platform in /a b.conf:9', ['this-system aio:9']],
    ];
    for (const [complaint, changes] of cases) assert.deepEqual(without(complaint, plain).changes, changes);
  });

  test('is removed from a partial configuration if the main file defines what is missing; a complete one is rejected', () => {
    const part = 'server { access_log /l main buffer=4k;\nlocation / { proxy_cache c; limit_req zone=r; } }';
    const rest = (complaint: string, text: string) => {
      const changes: string[] = [];
      const tree = wrapFragment(parse(text, 'a.conf'), () => {});
      const nodes = withoutCulprit(tree, complaint, [], (change, { name }) =>
        changes.push(`${change} ${name}`),
      );
      return { text: nodes && print(nodes).text, changes };
    };
    const logged = rest('unknown log format "main" in a.conf:1', part);
    assert.match(logged.text ?? '', /access_log \/l buffer=4k;/);
    assert.deepEqual(logged.changes, ['defined-elsewhere access_log']);
    const cached = rest('"proxy_cache" zone "c" is unknown in a.conf:2', part);
    assert.deepEqual(cached.changes, ['defined-elsewhere proxy_cache']);
    const limited = rest('zero size shared memory zone "r"', part);
    assert.deepEqual(limited.changes, ['defined-elsewhere limit_req']);
    assert.doesNotMatch(limited.text ?? '', /limit_req/);
    assert.equal(rest('unknown log format "main" in a.conf:1', `http { ${part} }`).text, null);
    assert.equal(rest('unknown log format "other" in a.conf:1', part).text, null);
  });

  test('an unknown variable becomes a dash in a log format, and an error elsewhere', () => {
    const { text, changes } = without('unknown "geo_code" variable');
    assert.match(text ?? '', /log_format l '\$remote_addr - -x \$geo_codes';/);
    assert.deepEqual(changes, ['other-modules log_format:4']);
    assert.throws(
      () => without('unknown "remote_addr" variable', TEXT.replace('log_format l', 'add_header a')),
      {
        kind: 'configuration',
        message: /"add_header" at \/a b\.conf:4 uses \$remote_addr, .* --nginx/,
      },
    );
  });

  test('an undefined variable is a user error if it is misspelt, or the one of the usual map', () => {
    const of = (name: string, text: string) => () =>
      withoutCulprit(parse(text, 'a.conf'), `unknown "${name}" variable`, [], () => {});
    const rejected = (remedy: RegExp) => (error: unknown) => {
      assert.ok(error instanceof Problem);
      assert.deepEqual([error.code, error.data.isRejected], ['incomplete', true]);
      assert.match(error.message, remedy);
      return true;
    };
    const used = (name: string) => `server { proxy_set_header Connection $${name}; }`;
    assert.throws(
      of('connection_upgrade', used('connection_upgrade')),
      rejected(/a\.conf:1 .*map \$http_upgrade/),
    );
    assert.throws(
      of('conection', `map $http_upgrade $connection { default upgrade; } ${used('conection')}`),
      rejected(/\$connection\?/),
    );
    assert.throws(
      of('geoip2_code', used('geoip2_code')),
      (error) => error instanceof Problem && error.data.isRejected !== true,
    );
  });

  test('a variable in capital letters may be a template variable, which Nginx reports in lower case', () => {
    const text = TEXT.replace('sticky;', 'zone $ZONE 64k;').replace('aio on', 'add_header a $APP_NAME');
    assert.throws(() => without('unknown "app_name" variable', text), {
      kind: 'configuration',
      message:
        /"add_header" at \/a b\.conf:9 uses \$APP_NAME, which .*\. If .* template, set APP_NAME in a file named with --env-file\.$/,
    });
    const remedyAt = (line: number) =>
      templateRemedy(parse(text, '/a b.conf'), `invalid zone size "$ZONE" in /a b.conf:${line}`);
    assert.match(remedyAt(6) ?? '', /^If \$ZONE is a variable of a template, set ZONE in a file/);
    assert.equal(remedyAt(4), null);
  });

  test('is not removed if the WebSockets depend on it: the configuration is rejected', () => {
    for (const [name, line] of [
      ['brotli', 12],
      ['sticky', 6],
    ] as const) {
      assert.throws(() => without(`unknown directive "${name}" in /a b.conf:1`), {
        kind: 'configuration',
        message: new RegExp(`does not know "${name}" at /a b\\.conf:${line}, on which the WebSockets depend`),
      });
    }
  });

  test('is reported in Nginx’s words if there is no remedy', () => {
    for (const complaint of [
      'invalid number of arguments in "listen" directive in /a b.conf:2',
      'unknown directive "x" in /a b.conf:1',
    ]) {
      assert.deepEqual(without(complaint), { text: null, changes: [] });
    }
  });
});
