import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { place } from '../../nginx/tree.ts';
import { SOUND, subjectOf, whole } from '../check.test.fixture.ts';
import { total } from './total.ts';

/** Returns `:line webSockets what`, and the other limits. */
function capacityOf(text: string) {
  const [found, ...others] = total(subjectOf(text));
  assert.ok(found && others.length === 0);
  const limits = found.data.limits as { what: string; webSockets: number }[];
  return [
    `:${found.origin?.line} ${found.data.webSockets}${found.data.perWorker ? ' per worker' : ''}`,
    ...limits.map(({ what, webSockets }) => `${what} ${webSockets}`),
  ];
}

describe('the number of WebSockets that a configuration allows', () => {
  it('is the lowest limit on the route, with the line that sets it', () => {
    assert.deepEqual(capacityOf(whole({ server: SOUND })), [
      ':11 28232',
      'ports 28232',
      'worker-connections 40000',
      'open-files 80000',
    ]);
    const odd = whole({ server: SOUND }).replace('20000', '20003');
    assert.equal(capacityOf(odd)[2], 'worker-connections 40004');
    const unix = SOUND.replace('http://app', 'http://unix:/app.sock');
    assert.deepEqual(capacityOf(whole({ server: unix }))[0], ':4 40000');
    assert.deepEqual(capacityOf(whole({ server: unix, main: '' }))[1], 'open-files 2048');
    const limited = whole({
      http: 'limit_conn_zone $server_name zone=all:1m; limit_conn_zone $binary_remote_addr zone=one:1m;',
      server: `limit_conn all 500; limit_conn one 2;\n${SOUND}`,
    });
    assert.deepEqual(capacityOf(limited)[0], ':11 500');
    const upstream = 'upstream app { zone a 64k; server a:1 max_conns=100; server b:1 max_conns=200; }';
    assert.deepEqual(capacityOf(whole({ server: SOUND, http: upstream })).slice(0, 2), [
      ':7 300',
      'max-conns 300',
    ]);
  });

  it('is per worker if the machine determines their number, and unknown for a partial configuration', () => {
    const auto = whole({ server: SOUND }).replace('worker_processes 4', 'worker_processes auto');
    assert.equal(capacityOf(auto)[0], ':4 10000 per worker');
    assert.deepEqual(total(subjectOf(`server { ${SOUND} }`)), []);
  });

  it('is halved if WebSockets pass through two servers of the configuration', () => {
    const front = 'server { listen 81; location / { proxy_pass http://127.0.0.1:82; } }';
    const inner = whole({ server: SOUND, http: front }).replace('listen 80;', 'listen 127.0.0.1:82;');
    const fronted = total(
      subjectOf(inner.replaceAll('location / {', `location / { proxy_set_header Upgrade $http_upgrade;`)),
    );
    assert.equal(fronted[0]?.data.webSockets, 20_000);
  });

  it('has no line if none sets it', () => {
    const [found] = total(subjectOf(`http { server { listen 80; ${SOUND} } }`));
    assert.deepEqual(
      [found?.origin, found?.data.limits],
      [
        null,
        [
          { what: 'worker-connections', webSockets: 256, perWorker: false, place: place(null) },
          { what: 'open-files', webSockets: 512, perWorker: false, place: place(null) },
          { what: 'ports', webSockets: 28_232, perWorker: false, place: '/site/nginx.conf:1' },
        ],
      ],
    );
  });

  it('includes the rate of handshakes', () => {
    const [found] = total(
      subjectOf(
        whole({ http: 'limit_req_zone $uri zone=r:1m rate=9r/s;', server: `limit_req zone=r;\n${SOUND}` }),
      ),
    );
    assert.deepEqual(found?.data.handshakes, {
      rate: '9r/s',
      place: '/site/nginx.conf:11',
      perClient: false,
    });
  });
});
