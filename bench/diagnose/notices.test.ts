import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as v from 'valibot';
import { makeRun } from '../../test/run.ts';
import { PHASES } from '../model/load.ts';
import type { Notice } from '../model/notice.ts';
import { type Run, runSchema } from '../model/run.ts';
import { diagnose } from './diagnose.ts';

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };

function found(run: Run, code: string): Notice | undefined {
  return diagnose(run, 2).notices.find((notice) => notice.code === code);
}

const plain = (): Run => makeRun({ profile: 'plain', ...SMALL });

test('an ordinary run over TCP gives rise to no notice', () => {
  assert.deepEqual(diagnose(plain(), 2).notices, []);
});

test('HTTP/2 on the listener: what that means, told by what the server advertised', () => {
  const run = makeRun({ profile: 'http2', http2: true, ...SMALL });
  const { level, text } = found(run, 'h2-not-used') ?? assert.fail();
  assert.equal(level, 'info');
  assert.match(text, /does not advertise extended CONNECT \(RFC 8441\): a WebSocket cannot run over HTTP\/2/);
  assert.match(text, /negotiated no ALPN protocol and ran over HTTP\/1\.1/);
  if (run.probe !== null) run.probe = { ...run.probe, extendedConnect: true, alpn: 'http/1.1' };
  assert.match(found(run, 'h2-not-used')?.text ?? '', /advertises extended CONNECT.*negotiated http\/1\.1/);
  assert.equal(found(makeRun({ profile: 'tls', ...SMALL }), 'h2-not-used'), undefined);
});

test('TLS: what was negotiated, and a warning where sessions do not resume', () => {
  const run = makeRun({ profile: 'tls', ...SMALL });
  const notice = found(run, 'tls-resumption') ?? assert.fail();
  assert.equal(notice.level, 'info');
  assert.match(notice.text, /^TLSv1\.3, TLS_AES_256_GCM_SHA384; a second connection resumed the session/);
  if (run.probe !== null) run.probe = { ...run.probe, tlsResumed: false };
  assert.equal(found(run, 'tls-resumption')?.level, 'warning');
  assert.match(found(run, 'tls-resumption')?.text ?? '', /could not resume/);
  run.plan.engine = 'bun';
  assert.match(
    found(run, 'tls-resumption')?.text ?? '',
    /full handshake, and as Bun \(BoringSSL\) they put TLS_AES_128_GCM_SHA256 first\.$/,
  );
  run.probe = null;
  assert.equal(found(run, 'tls-resumption'), undefined);
});

test('a cache: its share of the GETs, what reached the servers, and that messages did', () => {
  const run = makeRun({ profile: 'cache', cache: true, ...SMALL });
  const { level, text } = found(run, 'cache-serves-gets') ?? assert.fail();
  assert.equal(level, 'info');
  assert.match(text, /answered 100\.0 % of 24000 ordinary GETs, and 1 of them reached an echo server/);
  assert.match(text, /came from the 2 echo servers\.$/);
  run.plan.servers = 1;
  assert.match(found(run, 'cache-serves-gets')?.text ?? '', /came from the echo server\.$/);
  run.http = null;
  assert.equal(found(run, 'cache-serves-gets'), undefined);
});

test('ordinary GETs that failed are told with what came back, and speak for no cache', () => {
  const run = makeRun({ profile: 'cache', cache: true, ...SMALL });
  assert.equal(found(run, 'http-failed'), undefined);
  const leg = run.http ?? assert.fail();
  run.http = {
    ...leg,
    requests: 10,
    non2xx: 9,
    statuses: { '2xx': 1, '4xx': 2, '5xx': 7 },
    errors: 3,
    timeouts: 4,
  };
  const { level, text } = found(run, 'http-failed') ?? assert.fail();
  assert.equal(level, 'warning');
  assert.match(
    text,
    /^16 of 17 ordinary GETs of \/page failed \(2 answered 4xx, 7 answered 5xx, 3 lost with their connections, 4 without an answer in time\)/,
  );
  assert.equal(found(run, 'cache-serves-gets'), undefined);
  run.http = { ...leg, requests: 10, non2xx: 1, statuses: null };
  assert.match(found(run, 'http-failed')?.text ?? '', /^1 of 10 ordinary GETs of \/page failed: /);
});

test('Nginx workers that carry half as many connections again as others, and none below that', () => {
  const run = plain();
  const spread = (...counts: number[]) => {
    run.spread = counts.map((connections, i) => ({
      component: 'proxy',
      name: `nginx worker ${i + 1}`,
      connections,
      messages: 0,
    }));
    return found(run, 'worker-skew');
  };
  assert.equal(spread(100, 149, 120), undefined);
  assert.match(spread(100, 150, 120)?.text ?? '', /from 100 to 150/);
  assert.equal(spread(0, 5)?.level, 'warning');
  assert.equal(spread(500), undefined);
  assert.equal(spread(), undefined);
});

test('a ramp that was not reached', () => {
  const run = plain();
  // The fixture opens its ten connections in two seconds.
  run.plan.rampPerSecond = 5;
  assert.equal(found(run, 'ramp-not-reached'), undefined);
  run.plan.rampPerSecond = 5.5;
  assert.equal(found(run, 'ramp-not-reached'), undefined);
  run.plan.rampPerSecond = 5.6;
  assert.equal(found(run, 'ramp-not-reached')?.level, 'warning');
  run.plan.rampPerSecond = 100;
  assert.match(found(run, 'ramp-not-reached')?.text ?? '', /opened at 5 a second where 100 were asked/);
});

test('what Nginx logged', () => {
  const run = plain();
  const log = (...errorLog: string[]) => {
    if (run.proxy !== null) run.proxy = { ...run.proxy, errorLog };
    return found(run, 'nginx-log')?.text;
  };
  assert.equal(log(), undefined);
  assert.match(log('[warn] one') ?? '', /^Nginx logged 1 line at .*: \[warn\] one$/);
  assert.match(log('[alert] first', '[warn] second') ?? '', /^Nginx logged 2 lines at .*: \[alert\] first$/);
});

test('an Nginx worker that ended, whenever that was, with how', () => {
  const run = plain();
  const log = (...errorLog: string[]) => {
    if (run.proxy !== null) run.proxy = { ...run.proxy, errorLog };
    return found(run, 'nginx-worker-ended')?.text;
  };
  assert.equal(log('[alert] 12#0: something else'), undefined);
  const killed = '2026/01/02 03:04:05 [alert] 12#0: worker process 34 exited on signal 9';
  assert.match(log(killed) ?? '', /^A Nginx worker process exited on signal 9 in the course of this run/);
  assert.equal(found(run, 'nginx-log'), undefined);
  assert.match(
    log(
      '[warn] x',
      '[alert] 12#0: worker process 7 exited with fatal code 2 and cannot be respawned',
      killed,
    ) ?? '',
    /^2 Nginx worker processes exited with fatal code 2 /,
  );
});

test('books that do not balance, and whose they are', () => {
  const run = plain();
  const [, second] = run.workers;
  if (second !== undefined) second.lost += 1;
  const notice = found(run, 'conservation') ?? assert.fail();
  assert.equal(notice.level, 'warning');
  assert.match(notice.text, /^The books of generator 2 do not balance/);
  // A run that was cut off has no books: its slices are summed, whoever they are of.
  run.workers = [];
  run.slices = run.slices.slice(0, -2);
  for (const slice of run.slices) slice.counters.sent++;
  assert.match(found(run, 'conservation')?.text ?? '', /^The books of this run do not balance/);
});

test('notices that a run has already stay in front', () => {
  const run = makeRun({ profile: 'tls', ...SMALL });
  const before: Notice = { level: 'info', code: 'from-before', text: 'It was here.' };
  run.notices = [before];
  const { notices } = diagnose(run, 2);
  assert.deepEqual(
    notices.map(({ code }) => code),
    ['from-before', 'tls-resumption'],
  );
  assert.deepEqual(run.notices, [before]);
});

test('a run that was cut off anywhere is judged, the result stays valid, and the run as it was', () => {
  const cut = fc.record({
    profile: fc.constantFrom('direct', 'plain', 'tls', 'cache'),
    open: fc.boolean(),
    phases: fc.subarray([...PHASES]),
    workers: fc.boolean(),
    processes: fc.nat(8),
    samples: fc.nat(6),
    cpus: fc.integer({ min: 1, max: 8 }),
  });
  fc.assert(
    fc.property(cut, (how) => {
      const load = how.open
        ? { kind: 'open' as const, ratePerSecond: 100, arrivals: 'poisson' as const }
        : null;
      const whole = makeRun({
        ...SMALL,
        profile: how.profile,
        cache: how.profile === 'cache',
        ...(load === null ? {} : { load }),
      });
      const run: Run = {
        ...whole,
        outcome: { state: 'aborted', reason: 'Interrupted.' },
        phases: whole.phases.filter(({ phase }) => how.phases.includes(phase)),
        slices: whole.slices.filter(({ phase }) => how.phases.includes(phase)),
        workers: how.workers ? whole.workers : [],
        processes: whole.processes
          .slice(0, how.processes)
          .map((series) => ({ ...series, samples: series.samples.slice(0, how.samples) })),
      };
      const before = structuredClone(run);
      const judged = diagnose(run, how.cpus);
      assert.deepEqual(run, before);
      assert.notEqual(judged.validity.verdict, 'valid');
      assert.doesNotMatch(JSON.stringify([judged.notices, judged.validity]), /NaN|undefined|Infinity/);
      v.parse(runSchema, judged);
    }),
    { numRuns: 60 },
  );
});
