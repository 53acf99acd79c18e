import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { described, SOUND, seenAs, subjectOf, whole } from '../check.test.fixture.ts';
import { connectionLimit, PORTS, ports, requestLimit } from './limits.ts';
import { total } from './total.ts';

const of = (server: string, http = '') => subjectOf(whole({ server, http }));
const refused = { handshake: { outcome: 'status-502', arrived: null } } as const;
const stream = (text: string) =>
  subjectOf(`worker_processes 4;\nevents { worker_connections 20000; }\nstream {\n${text} }`);

describe('limit_conn', () => {
  const limited = (key: string, count: number, server = '') =>
    described(
      connectionLimit(of(`limit_conn z ${count};\n${server} ${SOUND}`, `limit_conn_zone ${key} zone=z:1m;`)),
    );
  const level = (key: string, count: number) => limited(key, count)[0]?.split(' ')[0];

  it('is a warning below ten for each client, and below a thousand for others', () => {
    assert.deepEqual(limited('$binary_remote_addr', 9, 'limit_conn_status 429;'), [
      'warning limit-conn :11 connection-limit {"zone":"z","key":"$binary_remote_addr","limit":9,"perClient":true,"status":429}',
    ]);
    assert.deepEqual(limited('$server_name', 1000), [
      'note limit-conn :11 connection-limit {"zone":"z","key":"$server_name","limit":1000,"perClient":false,"status":503}',
    ]);
    assert.deepEqual(
      [9, 10].map((count) => level('$remote_addr', count)),
      ['warning', 'note'],
    );
    assert.deepEqual(
      [999, 1000].map((count) => level('$host', count)),
      ['warning', 'note'],
    );
  });

  it('is one for each client with variables of the client', () => {
    for (const key of [
      '$remote_addr',
      `\${binary_remote_addr}`,
      '$http_x',
      `\${cookie_a}`,
      '$arg_a',
      '$jwt_claim_sub',
      '$proxy_protocol_addr',
      '$realip_remote_addr',
      '$ssl_client_s_dn',
    ])
      assert.equal(level(key, 10), 'note', key);
    for (const key of ['$host', '$server_addr', '$xhttp_a']) assert.equal(level(key, 10), 'warning', key);
  });

  it('applies to each line of the innermost level, and to stream', () => {
    const zones = 'limit_conn_zone $host zone=y:1m; limit_conn_zone $uri zone=z:1m;';
    assert.deepEqual(
      described(connectionLimit(of(`limit_conn y 1; limit_conn z 2; limit_conn x 3; ${SOUND}`, zones))),
      [
        'warning limit-conn :11 connection-limit {"zone":"y","key":"$host","limit":1,"perClient":false,"status":503}',
        'warning limit-conn :11 connection-limit {"zone":"z","key":"$uri","limit":2,"perClient":false,"status":503}',
      ],
    );
    const text =
      'limit_conn_zone $remote_addr zone=z:1m;\nserver { listen 1; proxy_pass a:1; limit_conn z 5; }';
    assert.deepEqual(described(connectionLimit(stream(text))), [
      'warning limit-conn :5 connection-limit {"zone":"z","key":"$remote_addr","limit":5,"perClient":true,"status":503}',
    ]);
    const constant = 'limit_conn_zone "" zone=z:1m;';
    assert.deepEqual(described(connectionLimit(of(`limit_conn z 5; ${SOUND}`, constant))), [
      'warning limit-conn :11 connection-limit {"zone":"z","key":"","limit":5,"perClient":false,"status":503}',
    ]);
    assert.deepEqual(
      described(connectionLimit(stream(`${constant}\nserver { listen 1; proxy_pass a:1; limit_conn z 5; }`))),
      [
        'warning limit-conn :5 connection-limit {"zone":"z","key":"z","limit":5,"perClient":false,"status":503}',
      ],
    );
  });
});

describe('limit_req', () => {
  it('has a rate, a burst and a status', () => {
    const zone = 'limit_req_zone $remote_addr zone=z:1m';
    const found = (line: string, rest = '') =>
      described(requestLimit(of(`${line}\n${SOUND}`, `${zone}${rest};`)));
    assert.deepEqual(found('limit_req zone=z burst=7 nodelay; limit_req_status 444;', ' rate=9r/m'), [
      'note limit-req :11 request-limit {"zone":"z","rate":"9r/m","burst":"7","key":"$remote_addr","perClient":true,"status":444}',
    ]);
    assert.deepEqual(found('limit_req zone=z;'), [
      'note limit-req :11 request-limit {"zone":"z","rate":"1r/s","burst":"0","key":"$remote_addr","perClient":true,"status":503}',
    ]);
    assert.deepEqual(found('limit_req zone=other;'), []);
    assert.deepEqual(found('limit_req burst=1;'), []);
    assert.deepEqual(found('limit_req z;', ' rate=9r/m'), [
      'note limit-req :11 request-limit {"zone":"","rate":"1r/s","burst":"0","key":"","perClient":false,"status":503}',
    ]);
  });
});

describe('the ports of this machine', () => {
  const found = (server: string, http = '') => described(ports(of(server, http)));

  it('limit an upstream with one address', () => {
    assert.deepEqual(found(SOUND, 'upstream app { server a:1; server a:1 backup; }'), [
      'note ports :7 port-limit {"upstream":"a:1","webSockets":40000,"most":28232}',
    ]);
    assert.deepEqual(found(SOUND, 'upstream app { server a:1; server b:1 backup; }'), []);
    assert.deepEqual(found(SOUND, 'upstream app { server unix:/a; server a:1; }'), []);
    assert.deepEqual(found(SOUND.replace('http://app', 'https://unix:/a')), []);
    assert.deepEqual(found(SOUND.replace('http://app', 'http://$app')), []);
    assert.deepEqual(found(SOUND.replace('http://app', 'http://xunix:80')), [
      'note ports :11 port-limit {"upstream":"http://xunix:80","webSockets":40000,"most":28232}',
    ]);
  });

  it('limit nothing if workers have fewer connections, or if these are unknown', () => {
    const at = (connections: number, workers: string) =>
      described(
        ports(
          subjectOf(
            whole({ server: SOUND })
              .replace('worker_connections 20000', `worker_connections ${connections}`)
              .replace('worker_processes 4;', workers),
          ),
        ),
      ).length;
    assert.deepEqual(
      [
        at(PORTS * 2, 'worker_processes 1;'),
        at(PORTS * 2 + 1, 'worker_processes 1;'),
        at(PORTS * 2 + 2, 'worker_processes 1;'),
        at(PORTS * 2 + 2, ''),
        at(PORTS * 2, 'worker_processes auto;'),
        at(PORTS * 2 + 2, 'worker_processes auto;'),
        at(PORTS, 'worker_processes 2;'),
        at(PORTS + 2, 'worker_processes 2;'),
        at(PORTS + 2, ''),
      ],
      [0, 0, 1, 1, 0, 1, 0, 1, 0],
    );
    assert.deepEqual(ports({ ...of(SOUND), isPart: true }), []);
    assert.deepEqual(ports(seenAs(of(SOUND), refused)), []);
    const condition = SOUND.replace('proxy_pass http://app;', 'if ($arg_a) { proxy_pass http://app; }');
    assert.deepEqual(found(condition), []);
  });
});

describe('the number of WebSockets', () => {
  const found = (server: string, http = '', changes: [string, string] = ['', '']) =>
    described(total(subjectOf(whole({ server, http }).replace(...changes))));
  const unix = SOUND.replace('http://app', 'http://unix:/app.sock');

  it('is given with all limits, the lowest first', () => {
    assert.deepEqual(
      found(
        `limit_conn z 500; limit_conn y 1; limit_req zone=r;\n${SOUND}`,
        'limit_conn_zone $host zone=z:1m; limit_conn_zone $remote_addr zone=y:1m; limit_req_zone $remote_addr zone=r:1m rate=5r/s; upstream app { zone a 64k; server a:1 max_conns=3; server b:1 max_conns=4 backup; server c:1 down; }',
      ),
      [
        'note capacity :7 capacity {"webSockets":3,"perWorker":false,"limits":[{"what":"max-conns","webSockets":3,"perWorker":false,"place":"/site/nginx.conf:7"},{"what":"limit-conn","webSockets":500,"perWorker":false,"place":"/site/nginx.conf:11"},{"what":"worker-connections","webSockets":40000,"perWorker":false,"place":"/site/nginx.conf:4"},{"what":"open-files","webSockets":80000,"perWorker":false,"place":"/site/nginx.conf:2"},{"what":"ports","webSockets":84696,"perWorker":false,"place":"/site/nginx.conf:7"}],"handshakes":{"rate":"5r/s","place":"/site/nginx.conf:11","perClient":true}}',
      ],
    );
  });

  it('is not limited by ports if any server is reached through a socket', () => {
    const [finding = ''] = found(SOUND, 'upstream app { server unix:/a; server a:1; }');
    assert.ok(finding.includes('"webSockets":40000') && !finding.includes('"ports"'), finding);
  });

  it('is per worker, of one worker, or of the default number of connections', () => {
    assert.deepEqual(found(unix, '', ['worker_processes 4;', '']), [
      'note capacity :4 capacity {"webSockets":10000,"perWorker":false,"limits":[{"what":"worker-connections","webSockets":10000,"perWorker":false,"place":"/site/nginx.conf:4"},{"what":"open-files","webSockets":20000,"perWorker":false,"place":"/site/nginx.conf:2"}],"handshakes":null}',
    ]);
    assert.deepEqual(found(unix, '', ['worker_processes 4;', 'worker_processes 0;']), [
      'note capacity :4 capacity {"webSockets":10000,"perWorker":true,"limits":[{"what":"worker-connections","webSockets":10000,"perWorker":true,"place":"/site/nginx.conf:4"},{"what":"open-files","webSockets":20000,"perWorker":true,"place":"/site/nginx.conf:2"}],"handshakes":null}',
    ]);
    assert.deepEqual(found(unix, '', ['worker_processes 4;', 'worker_processes 1;']), [
      'note capacity :4 capacity {"webSockets":10000,"perWorker":false,"limits":[{"what":"worker-connections","webSockets":10000,"perWorker":false,"place":"/site/nginx.conf:4"},{"what":"open-files","webSockets":20000,"perWorker":false,"place":"/site/nginx.conf:2"}],"handshakes":null}',
    ]);
    assert.deepEqual(found(unix, '', ['worker_connections 20000;', '']), [
      'note capacity :4 capacity {"webSockets":1024,"perWorker":false,"limits":[{"what":"worker-connections","webSockets":1024,"perWorker":false,"place":"/site/nginx.conf:4"},{"what":"open-files","webSockets":80000,"perWorker":false,"place":"/site/nginx.conf:2"}],"handshakes":null}',
    ]);
    assert.deepEqual(found(unix, '', ['worker_rlimit_nofile 40000;', '']), [
      'note capacity :4 capacity {"webSockets":2048,"perWorker":false,"limits":[{"what":"open-files","webSockets":2048,"perWorker":false,"place":"/site/nginx.conf:4"},{"what":"worker-connections","webSockets":40000,"perWorker":false,"place":"/site/nginx.conf:4"}],"handshakes":null}',
    ]);
    const both = whole({ server: unix, main: '' }).replace('worker_connections 20000;', '');
    assert.deepEqual(described(total(subjectOf(both))), [
      'note capacity :4 capacity {"webSockets":1024,"perWorker":false,"limits":[{"what":"worker-connections","webSockets":1024,"perWorker":false,"place":"/site/nginx.conf:4"},{"what":"open-files","webSockets":2048,"perWorker":false,"place":"/site/nginx.conf:4"}],"handshakes":null}',
    ]);
  });

  it('is that of the location that allows the most', () => {
    const zone = 'limit_conn_zone $host zone=z:1m;';
    const limited = (path: string, count: number) =>
      unix.replace('/ws {', `${path} {\nlimit_conn z ${count};`);
    const both = `${limited('/ws', 5)}\n${limited('/ws2', 7)}\n${limited('/ws3', 6)}`;
    assert.deepEqual(found(both, zone), [
      'note capacity :14 capacity {"webSockets":7,"perWorker":false,"limits":[{"what":"limit-conn","webSockets":7,"perWorker":false,"place":"/site/nginx.conf:14"},{"what":"worker-connections","webSockets":40000,"perWorker":false,"place":"/site/nginx.conf:4"},{"what":"open-files","webSockets":80000,"perWorker":false,"place":"/site/nginx.conf:2"}],"handshakes":null}',
    ]);
    assert.deepEqual(total(seenAs(of(both, zone), refused)), []);
  });

  it('is limited by max_conns only if every active server sets it, in a zone', () => {
    const limit = (upstream: string) =>
      found(SOUND, `upstream app { ${upstream} }`)[0]?.match(/max-conns","webSockets":(\d+)/)?.[1] ?? null;
    assert.deepEqual(
      [
        limit('zone a 64k; server a max_conns=2; server b max_conns=3;'),
        limit('zone a 64k; server a max_conns=2; server b;'),
        limit('zone a 64k; server a max_conns=2; server b max_conns=0;'),
        limit('zone a 64k; server a max_conns=x; server b max_conns=2;'),
        limit('server a max_conns=2; server b max_conns=3;'),
        limit('zone a 64k; server a max_conns=2 down; server b max_conns=3 backup;'),
      ],
      ['5', null, null, null, null, null],
    );
  });

  it('is halved where WebSockets pass through the workers twice', () => {
    const inner = `http { server { listen 127.0.0.1:81; server_name a.org; ${unix} } }`;
    const front = (text: string) =>
      described(
        total(
          subjectOf(
            `events { worker_connections 1000; }\nstream {\nserver { listen 443;\n${text} } }\n${inner}`,
          ),
        ),
      );
    assert.deepEqual(front('proxy_pass 127.0.0.1:81;'), [
      'note capacity :1 capacity {"webSockets":250,"perWorker":false,"limits":[{"what":"worker-connections","webSockets":250,"perWorker":false,"place":"/site/nginx.conf:1"},{"what":"open-files","webSockets":256,"perWorker":false,"place":"/site/nginx.conf:1"},{"what":"ports","webSockets":28232,"perWorker":false,"place":"/site/nginx.conf:4"}],"handshakes":null}',
    ]);
    assert.deepEqual(front('pass 127.0.0.1:81;'), [
      'note capacity :1 capacity {"webSockets":500,"perWorker":false,"limits":[{"what":"worker-connections","webSockets":500,"perWorker":false,"place":"/site/nginx.conf:1"},{"what":"open-files","webSockets":512,"perWorker":false,"place":"/site/nginx.conf:1"}],"handshakes":null}',
    ]);
    assert.deepEqual(front('proxy_pass 10.0.0.1:81;'), [
      'note capacity :1 capacity {"webSockets":500,"perWorker":false,"limits":[{"what":"worker-connections","webSockets":500,"perWorker":false,"place":"/site/nginx.conf:1"},{"what":"open-files","webSockets":512,"perWorker":false,"place":"/site/nginx.conf:1"},{"what":"ports","webSockets":28232,"perWorker":false,"place":"/site/nginx.conf:4"}],"handshakes":null}',
    ]);
  });

  it('is that of an inner server only if there is no other', () => {
    const server = (listen: string, name: string) =>
      `server { listen ${listen}; server_name ${name}.org;\n${unix} }`;
    const both = (first: string, second: string) =>
      described(
        total(
          subjectOf(
            `events { worker_connections 1000; }\nhttp {\n${server(first, 'a')}\n${server(second, 'b')} }`,
          ),
        ),
      ).length;
    assert.deepEqual(
      ['127.0.0.1:81', 'localhost:81', '[::1]:81', 'unix:/a'].map((listen) => both(listen, 'unix:/b')),
      [1, 1, 1, 1],
    );
    const place = (first: string, second: string) => {
      const zone = 'limit_conn_zone $host zone=z:1m;';
      const low = unix.replace('/ws {', '/ws { limit_conn z 5;');
      const text = `events { worker_connections 1000; }\nhttp { ${zone}\nserver { listen ${first}; ${unix} }\nserver { listen ${second}; ${low} } }`;
      return total(subjectOf(text))[0]?.data.webSockets;
    };
    assert.deepEqual(
      [place('127.0.0.1:81', '80'), place('127.0.0.1:81; listen 82', '80'), place('80', '127.0.0.1:81')],
      [5, 500, 500],
    );
  });

  it('is unknown without a location that opens', () => {
    assert.deepEqual(total(of('location / { proxy_pass http://app; }')), []);
    assert.deepEqual(total({ ...of(SOUND), isPart: true }), []);
  });
});
