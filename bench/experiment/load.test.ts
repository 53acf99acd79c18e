import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makePacer } from '../load/pacing/pacer.ts';
import { counted } from '../model/recording.ts';
import type { Run } from '../model/run.ts';
import { checkFaultless, execute, ownTemporaryFolder } from './experiment.test.fixture.ts';

/** Returns how many messages were due on each generator worker, according to the schedule. */
function scheduled({ plan, phases }: Run): number[] {
  const { workload, workers, seed } = plan;
  const { load } = workload;
  assert.ok(load?.kind === 'open');
  const startUs = phases.find(({ phase }) => phase === 'warm-up')?.startUs;
  const endUs = phases.find(({ phase }) => phase === 'drain')?.startUs;
  assert.ok(startUs !== undefined && endUs !== undefined);
  return Array.from({ length: workers }, (_, worker) => {
    const pacer = makePacer(load, startUs, worker, workers, seed);
    let count = 0;
    for (; pacer.dueUs < endUs; pacer.advance()) count++;
    return count;
  });
}

ownTemporaryFolder();

describe('closed loop', { concurrency: 3 }, () => {
  for (const options of [
    '--profile plain --client ws --server lean --type binary --payload 1-70000',
    '--profile tls --client lean --server lean --type binary --payload 1-70000 --in-flight 16',
    '--profile plain --client ws --server ws --type text --in-flight 16',
    '--profile direct --client lean --server ws --type text --payload 1-70000 --in-flight 16',
  ]) {
    it(`${options}: every echo equals the sent message`, async (t) => {
      const { run, figures } = await execute(t, `${options} -c 10 -w 100ms -d 300ms --workers 2 --no-http`);
      checkFaultless(run, figures);
      const { minBytes, maxBytes } = run.plan.workload.payload;
      const sum = (of: 'bytesSent' | 'bytesReceived') =>
        run.slices.reduce((total, each) => total + counted(each.counters, of), 0);
      const { sent } = figures.messages;
      assert.equal(sum('bytesSent'), sum('bytesReceived'));
      assert.ok(sum('bytesSent') >= sent * minBytes && sum('bytesSent') <= sent * maxBytes);
      assert.deepEqual([figures.latencies.response, figures.latencies.sendLag], [null, null]);
      assert.ok((figures.latencies.service?.count ?? 0) > 0);
    });
  }

  it('opens connections at the requested rate', async (t) => {
    const { run, figures } = await execute(t, '--profile direct -c 40 --ramp 100 -w 0ms -d 100ms --no-http');
    checkFaultless(run, figures);
    // The last of 40 begins 390 ms after the first.
    assert.ok((figures.connect.timeToOpenUs ?? 0) >= 390_000);
  });
});

describe('open loop', { concurrency: 3 }, () => {
  for (const options of [
    '--profile direct --client lean --server lean --arrivals uniform --type binary',
    '--profile plain --client ws --server ws --arrivals uniform',
    '--profile plain --client lean --server ws --arrivals poisson --payload 1-2000',
  ]) {
    it(`${options}: exactly the scheduled messages are sent`, async (t) => {
      const { run, figures } = await execute(
        t,
        `${options} -c 20 -R 1k -w 100ms -d 400ms --workers 2 --no-http`,
      );
      checkFaultless(run, figures);
      const due = scheduled(run);
      assert.deepEqual(
        run.workers.map(({ sent }) => sent),
        due,
      );
      if (options.includes('uniform')) assert.equal(figures.messages.sent, 500);
      const { response, service, sendLag } = figures.latencies;
      assert.ok(response && service && sendLag);
      assert.equal(response.count, service.count);
      assert.ok((response.max ?? 0) >= (service.max ?? 0));
      assert.equal(figures.offered?.perSecond, 1000);
    });
  }
});
