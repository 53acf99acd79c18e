import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { ownGenerator } from '../experiment/own-generator.ts';
import type { Coordinator, Generator } from '../load/coordinator.ts';
import { counted } from '../model/recording.ts';
import { atWorkplace } from '../topology/workplace.ts';
import { findOn, NEVER, startAgent, until } from './agents.test.fixture.ts';
import { makeHub } from './hub.test.fixture.ts';
import { CONNECTIONS, generatorPids, PHASES, putLoad, startEcho } from './small-load.test.fixture.ts';

/** A coordinator, and the sentence with which it reports that a worker was lost. */
type Use = (coordinator: Coordinator, lost: (generator: Generator) => Promise<string>) => Promise<void>;

const COORDINATORS: Record<string, (t: TestContext, use: Use) => Promise<void>> = {
  'that starts workers itself': (_, use) =>
    atWorkplace({ say: assert.fail, urgent: NEVER }, async ({ processSet }) => {
      await use(ownGenerator(processSet), () => processSet.unexpectedExit);
      processSet.dismiss();
    }),
  'of agents': async (t, use) => {
    const hub = makeHub();
    await Promise.all([startAgent(t, hub, 'a'), startAgent(t, hub, 'b')]);
    const { coordinator } = await findOn(t, hub, 2);
    await use(coordinator, (generator) => new Promise((resolve) => generator.onLost(resolve)));
  },
};

const plan = (port: number) => ({
  ...{ workers: 2, client: 'lean' as const, engine: 'node' as const, cpus: null },
  target: { host: '127.0.0.1', ports: [port] },
});

for (const [kind, using] of Object.entries(COORDINATORS))
  describe(`a coordinator ${kind}`, () => {
    test('every message of every worker is counted once, and nothing is left', async (t) => {
      const echo = await startEcho(t);
      await using(t, async (coordinator) => {
        const generator = await coordinator.start(plan(echo.port));
        assert.deepEqual(
          generator.workers.map(({ id: { index }, name }) => [index, name]),
          [
            [0, 'generator 1'],
            [1, 'generator 2'],
          ],
        );
        const { fleet, merger, faults } = await putLoad(generator, echo.port);
        assert.deepEqual(faults(), []);
        const totals = fleet.totals();
        assert.deepEqual(
          totals.map(({ opened, failed }) => [opened, failed]),
          [
            [CONNECTIONS / 2, 0],
            [CONNECTIONS / 2, 0],
          ],
        );
        for (const name of ['sent', 'echoed'] as const) {
          const all = merger.slices().reduce((sum, { counters }) => sum + counted(counters, name), 0);
          assert.equal(all, echo.echoed(), name);
        }
        assert.ok(totals.every((each) => counted(each, 'echoed') > 0));
        await generator.end();
      });
      assert.deepEqual(generatorPids(), []);
    });

    test('a worker that is killed is named, and what was measured until then is kept', async (t) => {
      const echo = await startEcho(t);
      await using(t, async (coordinator, lost) => {
        const generator = await coordinator.start(plan(echo.port));
        const sentence = lost(generator);
        const driven = putLoad(generator, echo.port, (phase, fleet) => {
          if (phase !== 'steady') return;
          void sentence.then(() => fleet.stop());
          const timer = setInterval(() => {
            if (!fleet.totals().every((each) => counted(each, 'sent') > 0)) return;
            clearInterval(timer);
            const [first] = generatorPids();
            assert.ok(first);
            process.kill(first, 'SIGKILL');
          }, 10);
        });
        assert.match(await sentence, /generator [12]\b.*SIGKILL/);
        const { merger } = await driven;
        assert.ok(merger.slices().some(({ counters }) => counted(counters, 'sent') > 0));
        await generator.end();
      });
      assert.deepEqual(generatorPids(), []);
    });

    test('a run that is stopped in any phase keeps what it has, and the next one can begin', async (t) => {
      const echo = await startEcho(t);
      await using(t, async (coordinator) => {
        const idle = await coordinator.start(plan(echo.port));
        for (const worker of idle.workers) worker.send({ type: 'leave' });
        await idle.end();
        for (const stopped of PHASES) {
          const generator = await coordinator.start(plan(echo.port));
          const { merger, fleet, faults } = await putLoad(generator, echo.port, (phase, { stop }) => {
            if (phase === stopped) void stop();
          });
          assert.deepEqual(faults(), [], stopped);
          const sent = merger.slices().reduce((sum, { counters }) => sum + counted(counters, 'sent'), 0);
          assert.equal(
            fleet.totals().reduce((sum, each) => sum + counted(each, 'sent'), 0),
            sent,
          );
          await generator.end();
          await until(() => generatorPids().length === 0, `no worker runs after a stop: ${stopped}`);
        }
      });
    });
  });
