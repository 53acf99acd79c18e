import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeOpenFolder } from '../../test/folder.ts';
import { figuresOf } from '../measure/figures.ts';
import { counted } from '../model/recording.ts';
import { execute, natsFor, start, startAgent } from './agents.test.fixture.ts';

describe('load from agents', () => {
  it('carries the whole load, and every host is accounted for', async (t) => {
    const nats = await natsFor(t);
    const agents = await Promise.all(['a', 'b'].map((name) => startAgent(t, nats, name)));
    const { run, code, text } = await execute(t, nats, ['-p', 'plain', '-d', '2s', '--agents', 'b,a']);
    assert.ok(run !== null && code === 0, text);
    assert.deepEqual(run.outcome, { state: 'completed' });
    assert.deepEqual(run.plan.agents, ['a', 'b']);
    assert.deepEqual(
      run.workers.map(({ worker, opened }) => [worker, opened]),
      [
        [0, 30],
        [1, 30],
      ],
    );
    const figures = figuresOf(run);
    assert.ok(figures.conservation.ok);
    // The echoes counted by all hosts together equal those counted by the echo servers.
    const servers = run.spread.filter(({ component }) => component === 'server');
    const echoed = run.workers.reduce((sum, worker) => sum + counted(worker, 'echoed'), 0);
    assert.ok(echoed > 0);
    assert.equal(
      servers.reduce((sum, { messages }) => sum + messages, 0),
      echoed,
    );
    for (const code of ['recordings-missing', 'slices-differ'])
      assert.ok(!run.notices.some((notice) => notice.code === code), code);
    assert.deepEqual(
      figures.hosts.map(({ name, workers, connections }) => [name, workers, connections]),
      [
        ['a', 1, 30],
        ['b', 1, 30],
      ],
    );
    for (const { cpu, sendLag, clock } of figures.hosts) {
      assert.ok(cpu !== null && cpu > 0);
      assert.ok(sendLag !== null && sendLag.count > 0);
      assert.ok(clock.errorUs > 0 && clock.driftUs !== null);
    }
    assert.match(text, /The load came from 2 hosts\. a: .* b: /);
    for (const agent of agents) await agent.says(/ended/);
  });

  it('fails and names an agent that was killed, and keeps the measurements', async (t) => {
    const nats = await natsFor(t);
    const [, b] = await Promise.all(['a', 'b'].map((name) => startAgent(t, nats, name)));
    assert.ok(b);
    const options = ['-p', 'plain', '-d', '60s', '--agents', '2'];
    const { run, code, text } = await execute(t, nats, options, async (started) => {
      // This line is printed ten seconds after the run was planned, or later.
      await started.says(/steady, [1-9]/);
      b.child.kill('SIGKILL');
    });
    assert.equal(code, 1, text);
    assert.ok(run?.outcome.state === 'failed');
    assert.match(run.outcome.reason, /agent b/);
    assert.notEqual(run.validity.verdict, 'valid');
    assert.ok(run.validity.reasons.some(({ code }) => code === 'run-ended'));
    assert.match(text, /agent b/);
    assert.ok(
      run.slices.some(({ phase, counters }) => phase === 'steady' && counted(counters, 'echoed') > 0),
    );
  });

  it('does not start without the required agents and permission', async (t) => {
    const nats = await natsFor(t, { authorization: 'token: "a token"' });
    const secrets = makeOpenFolder(join(tmpdir(), 'secret-test-'));
    const right = join(secrets, 'right');
    await writeFile(right, 'a token\n');
    const options = ['-p', 'direct', '-d', '1s', '--agents', 'a'];
    const secret = ['--nats-secret', right];
    const a = await startAgent(t, nats, 'a', [...secret, '--allow', '192.0.2.1']);
    const [second, refused] = await Promise.all([
      start(t, ['agent', '--nats', nats.url, '--role', 'generator', '--name', 'a', ...secret]).exited,
      execute(t, nats, [...options, ...secret]),
    ]);
    assert.equal(second, 1);
    assert.equal(refused.code, 1);
    assert.ok(refused.run?.outcome.state === 'failed');
    assert.match(
      refused.run.outcome.reason,
      /agent a refused the run: it is not allowed to put load on 127\.0\.0\.1/,
    );
    await a.says(/Refused a run/);
  });
});

/** Returns why network namespaces cannot be used here; false if they can. */
function lackOfNamespaces(): string | false {
  try {
    execFileSync('ip', ['netns', 'add', 'nwb-try'], { stdio: 'ignore' });
    execFileSync('ip', ['netns', 'delete', 'nwb-try'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'network namespaces need root and the command ip';
  }
}

it('load from agents also works if the hosts are network namespaces', {
  skip: lackOfNamespaces(),
}, async (t) => {
  const ip = (line: string) =>
    execFileSync('ip', line.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] });
  // The generator's host is reached through a pair of interfaces. Those of another test may still exist.
  const [own, net] = [`nwb${process.pid}`, `198.18.${process.pid % 256}`];
  ip(`netns add ${own}`);
  t.after(() => ip(`netns delete ${own}`));
  ip(`link add ${own} type veth peer name there netns ${own}`);
  ip(`address add ${net}.1/30 dev ${own}`);
  ip(`link set ${own} up`);
  ip(`-n ${own} address add ${net}.2/30 dev there`);
  ip(`-n ${own} link set there up`);
  ip(`-n ${own} link set lo up`);
  const nats = await natsFor(t, { host: `${net}.1` });
  const b = await startAgent(t, nats, 'b', ['--allow', `${net}.1`], own);
  const options = ['-p', 'tls', '-d', '1s', '--agents', '1'];
  const unreachable = await execute(t, nats, options);
  assert.ok(unreachable.run?.outcome.state === 'failed');
  assert.match(unreachable.run.outcome.reason, /these agents are on other hosts: b\. Use --listen/);
  const { run, code, text } = await execute(t, nats, [...options, '--listen', `${net}.1`]);
  assert.ok(run !== null && code === 0, text);
  assert.deepEqual([run.outcome.state, run.plan.listen], ['completed', `${net}.1`]);
  assert.equal(figuresOf(run).connections.opened, 60);
  const begun = b.text().split('load on').length;
  const cut = await execute(
    t,
    nats,
    ['-p', 'tls', '-d', '60s', '--agents', '1', '--listen', `${net}.1`],
    async () => {
      await b.says(new RegExp(`(load on[^]*){${begun}}`));
      await sleep(3_000);
      ip(`-n ${own} link set there down`);
    },
  );
  assert.equal(cut.code, 1, cut.text);
  assert.ok(cut.run?.outcome.state === 'failed');
  assert.match(cut.run.outcome.reason, /agent b was lost/);
  assert.ok(cut.run.slices.some(({ counters }) => counted(counters, 'echoed') > 0));
  // The agent ends its part without being told.
  await b.says(/the runner is gone/);
});
