import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parse } from './parse.ts';
import { print } from './print.ts';
import { lineRedactor, redacted } from './redact.ts';

/** Lower-case letters only, so that it can only be recognised by its context. */
const SECRET = 'opensesame';

function shown(source: string): string {
  return redacted(parse(source, 'mine.conf'));
}

/** Directives that contain a secret, with SECRET in its place. */
const PLACES = [
  // Headers and parameters.
  'proxy_set_header Authorization SECRET;',
  'proxy_set_header Authorization "Bearer SECRET";',
  'proxy_set_header authorization "Basic $user SECRET";',
  'proxy_set_header X-Api-Key SECRET;',
  'proxy_set_header X-Auth-Request "SECRET, $remote_user";',
  'proxy_set_header Cookie "a=SECRET; b=SECRET";',
  'grpc_set_header X-Access-Token SECRET;',
  'add_header Set-Cookie "sid=SECRET; Path=/" always;',
  'add_trailer X-Signature SECRET;',
  'fastcgi_param DB_PASS SECRET if_not_empty;',
  'uwsgi_param APP_KEY SECRET;',
  'scgi_param HTTP_X_CREDENTIAL SECRET;',
  'mqtt_set_connect password SECRET;',
  'otel_exporter { header X-Otlp-Token SECRET; }',
  'more_set_headers "X-Api-Key: SECRET";',
  'more_set_input_headers "Cookie: a=SECRET; b=SECRET";',
  // Variables.
  'set $token SECRET;',
  'set $db_password "a SECRET b";',
  'map $host $backend_auth { default "Basic SECRET"; a.example SECRET; }',
  'geo $api_key { default ""; 10.0.0.0/8 SECRET; }',
  'split_clients $request_id $session_key { 50% SECRET; * b; }',
  // Variables that are recognised by their use.
  'set $a SECRET; proxy_set_header Authorization "Bearer $a";',
  `set $a SECRET; set $b "x\${a}y"; proxy_set_header X-Token $b;`,
  'map $host $a { default SECRET; } proxy_set_header Authorization $a;',
  'map $host $a { default $b; } set $b SECRET; add_header X-Auth $a;',
  'set $a SECRET; secure_link_md5 "$uri $a";',
  // Comparisons.
  'if ($http_x_api_key != "SECRET") { return 403; }',
  'if ($http_authorization = SECRET) { return 204; }',
  'if ($arg_token !~* ^SECRET$) { return 403; }',
  'set $given $arg_token; if ($given = SECRET) { return 204; }',
  'auth_request_set $given $upstream_http_x_token; if ($given = SECRET) { return 204; }',
  'map $http_x_api_key $client { SECRET one; ~^SECRET two; default ""; }',
  'map "$host:$cookie_session" $client { SECRET one; }',
  'map "$host:$uri" $a { default $b; } set $b SECRET; add_header X-Auth $a;',
  // Directives that are about secrets.
  'secure_link_secret SECRET;',
  'secure_link_md5 "$secure_link_expires$uri SECRET";',
  'ssl_password_file /etc/SECRET;',
  'proxy_ssl_password_file /etc/SECRET;',
  'proxy_ssl_certificate_key data:SECRET;',
  'ssl_session_ticket_key SECRET;',
  'auth_jwt_key_file SECRET;',
  'mgmt { proxy_password SECRET; license_token SECRET; }',
  'oidc_provider a { client_secret SECRET; }',
  // Within other words.
  'proxy_pass http://me:SECRET@backend;',
  'proxy_pass http://backend/?a=1&api_key=SECRET&b=2;',
  'rewrite ^ /login?token=SECRET last;',
  'return 301 https://example.com/?session=SECRET;',
  `return 200 '{"user": "me", "password": "SECRET"}';`,
  'env API_TOKEN=SECRET;',
  'proxy_set_body "user=me&password=SECRET";',
  'location ~ token=SECRET { }',
  'map $uri $b { ~token=SECRET 1; a password=SECRET; }',
  'proxy_set_header X "Bearer SECRET";',
  // Comments.
  '# proxy_set_header Authorization SECRET',
  'a; # SECRET',
  'http { # SECRET\n }',
];

describe('a secret is not shown', () => {
  for (const place of PLACES) {
    test(place, () => {
      const text = shown(place.replaceAll('SECRET', SECRET));
      assert.doesNotMatch(text, new RegExp(SECRET));
      if (!place.includes('#')) assert.match(text, /\*\*\*/);
    });
  }

  test('whatever its letters, wherever it occurs, and next to other arguments', () => {
    // The secret contains no authentication scheme name, variable or flag.
    const secret = fc.string({
      unit: fc.constantFrom(...'abcxyzABCXYZ0189-_.~+/!'),
      minLength: 8,
      maxLength: 40,
    });
    const wanted = secret.filter((text) => /^[a-zA-Z0-9]{4}/.test(text) && !/basic|token/i.test(text));
    const places = fc.subarray(
      PLACES.filter((place) => !place.includes('#')),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(wanted, places, (text, chosen) => {
        const source = chosen.map((place) => place.replaceAll('SECRET', text)).join('\n');
        const result = shown(`http { server { ${source} } }`);
        assert.ok(!result.includes(text), result);
        // The result is still a configuration, and redacting it again does not change it.
        assert.equal(redacted(parse(result, 'shown.conf')), result);
      }),
      { numRuns: 300 },
    );
  });

  test('if it has the shape of a key, whatever the name', () => {
    for (const secret of [
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
      '0123456789abcdef0123456789abcdef',
      'wJalrXUtnFEMI+K7MDENG+bPxRfiCYEXAMPLEKEY',
      'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
      '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----',
    ]) {
      for (const source of [
        `add_header X "a ${secret}";`,
        `return 200 "${secret}";`,
        `location "/hook/${secret}" { }`,
      ]) {
        const text = shown(source);
        for (const part of secret.split(/[.\n]/)) assert.ok(!text.includes(part), text);
      }
    }
  });
});

describe('text that is not secret is kept', () => {
  const HARMLESS = `server_tokens off;
keyval_zone zone=sessions:1m;
proxy_cache_path /a keys_zone=auth:1m;
limit_req_zone $http_x_api_key zone=token:1m rate=1r/s;
proxy_cache_key "$scheme://$host$uri";
log_format a '$remote_addr auth=$http_authorization "token: $arg_token" $status';
ssl_session_cache shared:session:1m;
ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305;

map $http_upgrade $connection_upgrade {
    default upgrade;
    "" close;
}

map $cookie_session $has_session {
    hostnames;
    volatile;
    include /etc/nginx/sessions;
    "" 0;
    default 1;
}

map $host $token {
    default $http_x_token;
    a.example "";
}

upstream auth {
    server auth:80;
}

server {
    server_name auth.example.com token.example.com;
    auth_basic "Members only";
    auth_basic_user_file /etc/nginx/htpasswd;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Authorization $http_authorization;
    proxy_set_header Authorization "Bearer $cookie_token";
    proxy_set_header Sec-WebSocket-Key $http_sec_websocket_key;
    proxy_set_header Connection keep-alive;
    proxy_set_header Cookie "";
    add_header X-Author Jane;
    add_header Access-Control-Allow-Credentials true always;
    add_header Access-Control-Allow-Headers "Authorization, X-Token";
    add_header Content-Security-Policy "default-src 'self'; connect-src wss://example.com";
    proxy_redirect http://auth:8080/ /;
    proxy_redirect https://example.com:8443/@me /;
    proxy_cookie_path / "/; secure";
    set $tenant acme;
    set $backend_auth "Basic $host";

    if ($host = example.com) {
        return 404;
    }

    if ($request_method = POST) {
        return 405;
    }

    if ($http_authorization = "" ) {
        return 401;
    }

    location = /token {
        proxy_pass http://auth/token?page=1;
    }
}
`;

  test('in printed text', () => {
    assert.equal(shown(HARMLESS), HARMLESS);
    assert.equal(print(parse(HARMLESS, 'a')).text, HARMLESS);
  });

  test('around a secret', () => {
    assert.equal(
      shown('if ($http_x_token != "a") { } if ($arg_key = b) { } add_header X-Token c always;'),
      'if ($http_x_token != "***" ) {\n}\n\nif ($arg_key = ***) {\n}\n\nadd_header X-Token *** always;\n',
    );
    assert.equal(
      shown('proxy_pass http://me:a@b/?token=c&d=e; more_set_headers "X-Token: f" "X: g";'),
      'proxy_pass http://***@b/?token=***&d=e;\nmore_set_headers "X-Token: ***" "X: g";\n',
    );
  });

  test('in the tree that is run', () => {
    const tree = parse(PLACES.join('\n').replaceAll('SECRET', SECRET), 'mine.conf');
    const before = structuredClone(tree);
    redacted(tree);
    lineRedactor(tree);
    assert.deepEqual(tree, before);
  });
});

describe('a line of Nginx output', () => {
  const redact = lineRedactor(
    parse(`proxy_set_header Authorization "Bearer ${SECRET}"; set $token short; secure_link_secret a;`, 'a'),
  );

  test('shows neither the configuration’s secrets nor those of the request', () => {
    assert.equal(
      redact(
        `2024/01/01 00:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, server: a, request: "GET /ws?token=abc&room=1 HTTP/1.1", upstream: "http://127.0.0.1:7001/ws?sig=def", host: "127.0.0.1:9001"`,
      ),
      `2024/01/01 00:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, server: a, request: "GET /ws?token=***&room=1 HTTP/1.1", upstream: "http://127.0.0.1:7001/ws?sig=***", host: "127.0.0.1:9001"`,
    );
    assert.equal(redact(`[emerg] invalid value "${SECRET}" in a:1`), '[emerg] invalid value "***" in a:1');
    assert.equal(redact(`invalid number of arguments: Bearer ${SECRET}`), 'invalid number of arguments: ***');
  });

  test('hides secrets of at least six characters, entirely or as a word', () => {
    const of = (secret: string) => lineRedactor(parse(`set $token "${secret}";`, 'a'));
    assert.equal(of('canary')('a canary here'), 'a *** here');
    assert.equal(of('of canary')('a canary of mine'), 'a *** of mine');
    assert.equal(of('finch')('a finch here'), 'a finch here');
  });

  test('keeps words that merely resemble a short secret', () => {
    const line = '[warn] a short line about a short buffer';
    assert.equal(redact(line), line);
  });
});
