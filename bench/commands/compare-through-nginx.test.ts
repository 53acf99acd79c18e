import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { readResult } from '../store/read.ts';
import { obey, temporaryFolder } from './services.test.fixture.ts';
import { services } from './wiring.ts';

test('two variants through a real Nginx: every run is there, with the configuration of its variant', async (t) => {
  const reports = await temporaryFolder(t);
  const argv = ['compare', 'plain', '--tune', 'http { gzip on; }', '--rounds', '2', '-R', '400', '--no-pin'];
  const load = ['-c', '20', '-w', '100ms', '-d', '300ms', '--seed', '1', '--json', '--reports', reports];
  const { code, out } = await obey([...argv, ...load], services);
  assert.equal(code, 0, out);
  const summary = JSON.parse(out);
  const { runs, variants } = await readResult(summary.reportPath.replace('/report.html', ''));
  const names = ['plain', 'plain+tune-1'];
  assert.deepEqual(
    variants.map(({ name }) => name),
    names,
  );
  assert.equal(runs.length, 2 * 2 * 2);
  for (const name of names) {
    const own = runs.filter(({ plan }) => plan.variant === name);
    assert.deepEqual(
      own.map(({ plan }) => `${plan.round} ${plan.step}`),
      ['1 throughput', '1 latency', '2 throughput', '2 latency'],
    );
    for (const { outcome, proxy } of own) {
      assert.deepEqual(outcome, { state: 'completed' });
      assert.equal(proxy?.configuration.includes('gzip on;'), name === 'plain+tune-1');
    }
  }
  const { baseline, rounds, excluded } = summary;
  assert.deepEqual([baseline, rounds.asked], ['plain', 2]);
  // If other work runs, a run of 300 ms may not count. Its round is then excluded and named.
  const doubted = new Set(excluded.map(({ round }: { round: number }) => round));
  assert.ok(rounds.used <= 2 && rounds.used + doubted.size >= 2, JSON.stringify([rounds, excluded]));
  assert.deepEqual(
    summary.comparisons.map(({ variant, verdict }: Record<string, string>) => [variant, verdict]),
    [['plain+tune-1', 'too few rounds']],
  );
  for (const { figures } of summary.comparisons) {
    const cpu = figures.find(({ name }: { name: string }) => name === 'cpuPerMessage.proxy');
    assert.equal(cpu.rounds.length, 2);
    assert.ok(cpu.baseline > 0 && cpu.variant > 0 && cpu.effect > 0);
  }
});

test("a configuration that Nginx rejects is reported before any run, with Nginx's message and the side", async (t) => {
  const reports = await temporaryFolder(t);
  const tune = 'http { proxy_buffers nonsense; }';
  const { code, said } = await obey(['compare', 'plain', '--tune', tune, '--reports', reports], services);
  assert.deepEqual([code, await readdir(reports)], [1, []]);
  const bare = await obey(
    ['compare', 'plain', '--tune', 'proxy_buffer_size 64k;', '--reports', reports],
    services,
  );
  assert.match(bare.said.join(), /not allowed here .*\. Write http \{ … \} around it\.$/);
  assert.deepEqual(said, [
    'plain+tune-1 cannot be compared. Nginx rejects the configuration: invalid number of arguments in "proxy_buffers" directive in the tuning tune-1:1.',
  ]);
});
