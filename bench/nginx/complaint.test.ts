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
        /"add_header" at \/a b\.conf:9 uses \$APP_NAME, which .*\. If .* template variable, set APP_NAME in a file, and pass that file with --env-file\.$/,
    });
    const remedyAt = (line: number) =>
      templateRemedy(parse(text, '/a b.conf'), `invalid zone size "$ZONE" in /a b.conf:${line}`);
    assert.match(remedyAt(6) ?? '', /^If \$ZONE is a template variable, set ZONE in a file/);
    assert.equal(remedyAt(4), null);
  });

  test('is not removed if the WebSockets depend on it: the configuration is rejected', () => {
    for (const [name, line] of [
      ['brotli', 12],
      ['sticky', 6],
    ] as const) {
      assert.throws(() => without(`unknown directive "${name}" in /a b.conf:1`), {
        kind: 'configuration',
        message: new RegExp(
          `The WebSockets depend on "${name}" at /a b\\.conf:${line}, but this Nginx does not know`,
        ),
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

describe('a rejected directive, in detail', () => {
  const of = (complaint: string, text: string, isPart = false) => {
    const changes: string[] = [];
    const nodes = parse(text, 'a.conf');
    const tree = isPart ? wrapFragment(nodes, () => {}) : nodes;
    const rest = withoutCulprit(tree, complaint, [], (change, node) =>
      changes.push(`${change} ${node.name}:${node.origin?.line}`),
    );
    return [rest && print(rest).text.replace(/\s+/g, ' ').trim(), ...changes];
  };

  test('is found by its name, its line, or the file that it names', () => {
    const modules = 'load_module a.so;\nload_module b.so; pid x;';
    assert.deepEqual(of('module "a.so" version 1 instead of 2 in a.conf:2', modules), [
      'load_module a.so; pid x;',
      'other-modules load_module:2',
    ]);
    assert.deepEqual(of('dlopen() "a.so" failed in a.conf:1.', modules), [
      'load_module b.so; pid x;',
      'other-modules load_module:1',
    ]);
    const files = 'http { root /x /y;\nroot /y; map $a $b { root /y; } root /z; }';
    assert.deepEqual(of('open("/y") failed (2: No such file or directory)', files), [
      'http { map $a $b { root /y; } root /z; }',
      'missing-files root:1',
      'missing-files root:2',
    ]);
    assert.deepEqual(of('open("/y") failed (13: Permission denied) in a.conf:1', files), [
      'http { root /y; map $a $b { root /y; } root /z; }',
      'missing-files root:1',
    ]);
    assert.deepEqual(of('rename("/q", "/z") failed (22: Invalid argument)', files), [
      'http { root /x /y; root /y; map $a $b { root /y; } }',
      'this-system root:2',
    ]);
    assert.deepEqual(of('rename("/q","/z") failed (22: Invalid argument) in a.conf:1', files), [null]);
    const system = 'http { aio on;\naio on; gzip off; }';
    assert.deepEqual(of('the "aio" directive was not supported in a.conf:2', system), [
      'http { aio on; }',
      'this-system aio:2',
      'this-system gzip:2',
    ]);
    assert.deepEqual(of('"aio on" are unsupported on this platform', system), [null]);
    assert.deepEqual(of('"aio on" is unknown in a.conf:2', system), [null]);
  });

  test('only loses what another file defines, in the parts that use it', () => {
    const part = `server { access_log /a main; access_log /b other; access_log main;
      limit_conn main 1; limit_req burst=1 zone=main; fastcgi_cache main; root main; }`;
    assert.deepEqual(of('unknown log format "main" in a.conf:1', part, true), [
      'http { server { access_log /a; access_log /b other; access_log main; root main; } }',
      'defined-elsewhere access_log:1',
      'defined-elsewhere limit_conn:2',
      'defined-elsewhere limit_req:2',
      'defined-elsewhere fastcgi_cache:2',
    ]);
    assert.deepEqual(of('the size 1 of shared memory zone "main" conflicts', part, true), [null]);
    assert.deepEqual(of('zero size shared memory zone "main"', part), [null]);
  });

  test('may be a variable, whose name is followed by no other letter', () => {
    const text = `log_format a '$x' "\${X}y $xy $x";\nlog_format b '$y'; map $q $r { log_format $x; }`;
    assert.deepEqual(of('unknown "x" variable', text), [
      "log_format a '-' \"-y $xy -\"; log_format b '$y'; map $q $r { log_format $x; }",
      'other-modules log_format:1',
    ]);
    assert.throws(() => of('unknown "none" variable', text), {
      kind: 'configuration',
      code: null,
      message: 'The configuration uses $none, which is not a variable of this Nginx.',
    });
    const codes = (source: string) => {
      try {
        return of('unknown "geo_code" variable', source);
      } catch (error) {
        assert.ok(error instanceof Problem);
        return [error.kind, error.code, error.data];
      }
    };
    const use = 'add_header X $geo_code;';
    assert.deepEqual(codes(use), ['configuration', 'incomplete', {}]);
    assert.deepEqual(codes(`geo $geo_cod { default 1; } ${use}`), [
      'configuration',
      'incomplete',
      { isRejected: true },
    ]);
    assert.deepEqual(codes(`geo $a $geo_cod { default 1; } ${use}`), [
      'configuration',
      'incomplete',
      { isRejected: true },
    ]);
    assert.deepEqual(codes(`set $geo_cod 1; ${use}`), ['configuration', 'incomplete', { isRejected: true }]);
    assert.deepEqual(codes(`set $a $geo_cod; split_clients $geo_cod $b { * 1; } ${use}`), [
      'configuration',
      'incomplete',
      {},
    ]);
    assert.deepEqual(codes(`map $geo_cod $b { a 1; } ${use}`), ['configuration', 'incomplete', {}]);
    assert.deepEqual(codes(`set geo_cod 1; ${use}`), ['configuration', 'incomplete', {}]);
  });

  test('of a template is named with its variable, at the line of the message only', () => {
    const tree = parse('a $lower;\nb $ONE$TWO;\nc $THREE;', 'a.conf');
    const names = (complaint: string) => /\$(\w+)/.exec(templateRemedy(tree, complaint) ?? '')?.[1] ?? null;
    assert.deepEqual(['x in a.conf:1', 'x in a.conf:2', 'x in a.conf:3.', 'x in b.conf:2', 'x'].map(names), [
      null,
      'ONE',
      'THREE',
      null,
      null,
    ]);
  });
});

test('WebSockets depend on their location, and on the upstreams that it may refer to', () => {
  const parts = (location: string) => {
    const tree = parse(
      `http { upstream a { } upstream b { } upstream c { } server { location / { ${location} } } }\nstream { upstream s { } }`,
      'a.conf',
    );
    const found = directives(
      directives(directives(tree, 'http')[0]?.block ?? null, 'server')[0]?.block ?? null,
      'location',
    )[0];
    return vitalParts(tree, found).map(({ name, args }) => `${name} ${args[0]?.text}`);
  };
  assert.deepEqual(parts('proxy_pass http://b:80/x; if ($x) { proxy_pass https://c; }'), [
    'location /',
    'upstream b',
    'upstream c',
  ]);
  assert.deepEqual(parts('proxy_pass http://$x;'), ['location /', 'upstream a', 'upstream b', 'upstream c']);
  assert.deepEqual(parts('proxy_pass http://other/a/b;'), ['location /']);
  const tree = parse('http { } stream { } stream { }', 'a.conf');
  assert.deepEqual(
    vitalParts(tree, undefined).map(({ name }) => name),
    ['stream', 'stream'],
  );
});
