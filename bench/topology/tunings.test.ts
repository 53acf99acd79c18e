import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findNginx, type NginxBinary } from '../nginx/binary.ts';
import { listenAddresses } from '../nginx/listen.ts';
import { print } from '../nginx/print.ts';
import { moveIntoSandbox } from '../nginx/sandbox.ts';
import { readTuned } from '../nginx/tuned.ts';
import { loadProfiles } from '../plan/profile.ts';
import { loadTunings } from '../plan/tuning.ts';
import { makeCertificate } from './certificate.ts';
import { checkNginx, freePorts, writeConfiguration } from './nginx.ts';

const HOST = '127.0.0.1';
/** From dist/bench/topology. */
const PROJECT = join(import.meta.dirname, '../../..');

let binary: NginxBinary;
let root: string;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'tunings-test-'));
  binary = await findNginx({
    path: null,
    searchPath: process.env.PATH ?? '',
    cacheDir: join(PROJECT, '.cache'),
    say: () => {},
  });
});
after(() => rm(root, { recursive: true, force: true }));

/** The configuration of a variant as it would run. */
async function sandboxed(path: string, tunings: readonly { name: string; text: string }[]) {
  const folder = await mkdtemp(join(root, 'run-'));
  const tree = await readTuned(path, tunings);
  const moved = moveIntoSandbox(tree, {
    folder,
    host: HOST,
    ports: await freePorts(HOST, listenAddresses(tree).length),
    backlog: 4096,
    upstreams: [{ host: HOST, port: 9 }],
    certificate: await makeCertificate(folder),
    workers: 1,
    workerConnections: 64,
    workerFiles: 256,
    reuseport: false,
    cpuAffinity: null,
    user: process.getuid?.() === 0 ? 'root root' : null,
    nginxVersion: binary.version,
    buildArguments: binary.buildArguments,
    modulesPath: binary.modulesPath,
    streamModule: binary.streamModule,
  });
  return { tree: moved.tree, folder };
}

/** Without ports and folders, which differ anyway. */
function told(tree: Parameters<typeof print>[0], folder: string): string {
  return print(tree)
    .text.replaceAll(folder, '')
    .replace(/127\.0\.0\.1:\d+/g, '');
}

test('every tuning changes what runs of every profile that it is for, and Nginx takes it', async () => {
  const profiles = await loadProfiles(join(PROJECT, 'nginx-profiles'));
  const tunings = await loadTunings(join(PROJECT, 'nginx-profiles/tunings'));
  assert.ok(tunings.length >= 8);
  for (const { name: profile, configurationPath } of profiles) {
    if (configurationPath === null) continue;
    const before = await sandboxed(configurationPath, []);
    for (const tuning of tunings.filter(({ profiles: own }) => own === null || own.includes(profile))) {
      const what = `${profile}+${tuning.name}`;
      const { tree, folder } = await sandboxed(configurationPath, [tuning]);
      assert.notEqual(told(tree, folder), told(before.tree, before.folder), what);
      const { confPath, origins } = await writeConfiguration(folder, tree);
      await assert.doesNotReject(checkNginx(binary, confPath, folder, origins), what);
    }
  }
});
