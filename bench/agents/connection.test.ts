import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { nkeys } from '@nats-io/transport-node';
import { parseAllDocuments } from 'yaml';
import { makeOpenFolder } from '../../test/folder.ts';
import { findNatsServer, startNatsServer } from '../../test/nats-server.ts';
import { makeCertificate } from '../topology/certificate.ts';
import { connectTo, type NatsAccess } from './connection.ts';

/** A real server, which is stopped after the test, and a folder. */
async function serve(t: TestContext, options: Parameters<typeof startNatsServer>[1] = {}) {
  const folder = makeOpenFolder(join(tmpdir(), 'nats-test-'));
  const server = await startNatsServer(folder, options);
  t.after(server.stop);
  return { folder, port: Number(new URL(server.url).port) };
}

const access = (url: string, changes: Partial<NatsAccess> = {}): NatsAccess => ({
  ...{ url, secretFile: null, caFile: null },
  ...changes,
});

test('a connection whose server is gone is ended without an error', async (t) => {
  const server = await startNatsServer(makeOpenFolder(join(tmpdir(), 'nats-test-')));
  t.after(server.stop);
  const bus = await connectTo(access(server.url), 'test');
  await server.stop();
  await bus.drain();
  assert.equal(bus.isClosed(), true);
});

async function assertConnects(given: NatsAccess): Promise<void> {
  const bus = await connectTo(given, 'test');
  const heard = new Promise<string>((resolve) => {
    bus.subscribe('test', { callback: (_, message) => resolve(message.string()) });
  });
  bus.publish('test', 'hello');
  assert.equal(await heard, 'hello');
  await bus.close();
}

test('a token: without it, the server is not used', async (t) => {
  const { folder, port } = await serve(t, { authorization: 'token: "a token"' });
  const url = `nats://127.0.0.1:${port}`;
  const secretFile = join(folder, 'token');
  await writeFile(secretFile, 'a token\n');
  await assertConnects(access(url, { secretFile }));
  await writeFile(secretFile, 'another\n');
  for (const [given, message] of [
    [access(url, { secretFile }), /rejects the credentials/],
    [access(url), /requires authentication/],
  ] as const)
    await assert.rejects(connectTo(given, 'test'), { kind: 'environment', message });
});

test('an nkey: its seed is accepted, and that of another user is not', async (t) => {
  const [user, other] = [nkeys.createUser(), nkeys.createUser()];
  const { folder, port } = await serve(t, { authorization: `users: [{ nkey: ${user.getPublicKey()} }]` });
  const secretFile = join(folder, 'seed');
  await writeFile(secretFile, user.getSeed());
  await assertConnects(access(`nats://127.0.0.1:${port}`, { secretFile }));
  await writeFile(secretFile, other.getSeed());
  await assert.rejects(connectTo(access(`nats://127.0.0.1:${port}`, { secretFile }), 'test'), {
    kind: 'environment',
    message: /rejects the credentials/,
  });
});

test('TLS: the server is verified, and nothing is sent to one without it', async (t) => {
  const folder = makeOpenFolder(join(tmpdir(), 'nats-tls-'));
  const { certPath: caFile, keyPath } = await makeCertificate(folder);
  const { port } = await serve(t, { tls: `cert_file: "${caFile}", key_file: "${keyPath}"` });
  await assertConnects(access(`tls://127.0.0.1:${port}`, { caFile }));
  const refused = { kind: 'environment', message: /cannot be reached/ };
  await assert.rejects(connectTo(access(`tls://127.0.0.1:${port}`), 'test'), refused);
  const plain = await serve(t);
  await assert.rejects(connectTo(access(`tls://127.0.0.1:${plain.port}`), 'test'), refused);
});

test('the server accepts the configuration of deploy/kubernetes', async () => {
  const folder = makeOpenFolder(join(tmpdir(), 'nats-conf-'));
  const yaml = await readFile(new URL('../../../deploy/kubernetes/nats.yaml', import.meta.url), 'utf8');
  const [configMap] = parseAllDocuments(yaml).map((each) => each.toJS());
  for (const name of ['config', 'secret']) await mkdir(join(folder, name));
  const path = join(folder, 'config', 'nats.conf');
  await writeFile(path, configMap.data['nats.conf']);
  const check = async () => promisify(execFile)(await findNatsServer(), ['-t', '-c', path]);
  await assert.rejects(check(), /authorization\.conf/);
  // As documented in docs/hosts.md. A token may consist of digits.
  await writeFile(join(folder, 'secret', 'authorization.conf'), 'authorization { token: "0123456789" }\n');
  await check();
});
