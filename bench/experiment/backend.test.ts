import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { type Executed, execute, ownTemporaryFolder } from './experiment.test.fixture.ts';

ownTemporaryFolder();

const WS = createRequire(import.meta.url).resolve('ws');

/** A server like a user's own. `answer` is its reply to each message. */
const appThatSends = (answer: string) => `
const { WebSocketServer } = require(${JSON.stringify(WS)});
const server = new WebSocketServer({ host: '127.0.0.1', port: process.argv[2] });
server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => {
    socket.send(${answer}, { binary: isBinary });
  });
});
`;

async function runWith(
  t: TestContext,
  answer: string,
  line: string,
  command: (app: string) => string,
): Promise<Executed> {
  const executed: Executed[] = [];
  await inFolder(async (folder) => {
    const app = join(folder, 'app.cjs');
    await writeFile(app, appThatSends(answer));
    executed.push(await execute(t, [...line.split(' '), '--backend', command(app)]));
  });
  const [only] = executed;
  assert.ok(only);
  return only;
}

describe('a user’s own backend', () => {
  it('runs behind Nginx, and is sampled with its children, but has no counters', async (t) => {
    const { run, figures } = await runWith(
      t,
      'data',
      '-p plain --servers 2 -c 10 -w 100ms -d 1s',
      // The shell remains, so the server is its child.
      (app) => `sh -c 'node ${app} {port}; exit $?'`,
    );
    assert.equal(run.outcome.state, 'completed');
    assert.deepEqual([run.plan.server, run.plan.servers, run.http], ['own', 2, null]);
    assert.ok(figures.messages.echoed > 0);
    assert.equal(figures.connections.opened, 10);
    const servers = run.processes.filter(({ role }) => role === 'server');
    assert.deepEqual(
      servers.map(({ name }) => name.replace(/\d+$/, 'N')),
      ['backend N', 'backend N', 'backend 1, process N', 'backend 2, process N'],
    );
    assert.ok(servers.every(({ samples }) => samples.length > 0));
    assert.ok((figures.cpuUsPerMessage.server ?? 0) > 0);
    assert.deepEqual([...new Set(run.spread.map(({ component }) => component))], ['proxy', 'generator']);
    assert.ok(run.notices.some(({ code }) => code === 'own-backend'));
  });

  it('must echo; otherwise the run reports what arrived instead', async (t) => {
    const { run } = await runWith(t, "'welcome'", '-p direct -c 2 -d 1s', (app) => `node ${app} {port}`);
    assert.ok(run.outcome.state === 'failed');
    assert.match(run.outcome.reason, /does not echo.* the text "Does this.*the text "welcome"/);
    assert.deepEqual(run.slices, []);
  });
});
