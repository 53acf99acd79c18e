import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { makeOpenFolder } from '../../test/folder.ts';
import type { Profile } from '../model/profile.ts';
import { loadProfiles } from '../plan/profile.ts';
import { type Certificate, makeCertificate } from '../topology/certificate.ts';
import { freePorts } from '../topology/ports.ts';
import { findNginx, type NginxBinary } from './binary.ts';
import { listenAddresses } from './listen.ts';
import { moveIntoSandbox, type Sandbox, type SandboxSpec } from './sandbox.ts';
import type { Node } from './tree.ts';
import { readTuned } from './tuned.ts';

export const HOST = '127.0.0.1';
/** From dist/bench/topology. */
const PROJECT = join(import.meta.dirname, '../../..');
export const PROFILES = join(PROJECT, 'nginx-profiles');

/** A real Nginx, the profiles, and a folder that is removed after the tests of the file. */
export interface Bench {
  binary: NginxBinary;
  root: string;
  profiles: Profile[];
  sandbox(tree: readonly Node[], changes?: Partial<SandboxSpec>): Promise<Sandbox & { folder: string }>;
  /** Returns a profile's configuration with tunings applied. */
  profileTree(name: string, tunings?: readonly { name: string; text: string }[]): Promise<Node[]>;
}

/** Set before the first test of the file. */
export function setUpBench(): Bench {
  const bench = { sandbox, profileTree } as Bench;
  let certificate: Certificate;
  before(async () => {
    bench.root = makeOpenFolder(join(tmpdir(), 'nginx-test-'));
    certificate = await makeCertificate(bench.root);
    bench.profiles = await loadProfiles(PROFILES);
    bench.binary = await findNginx({
      source: null,
      searchPath: process.env.PATH ?? '',
      cacheDir: join(PROJECT, '.cache'),
      say: () => {},
    });
  });
  after(() => rm(bench.root, { recursive: true, force: true }));

  async function sandbox(
    tree: readonly Node[],
    changes: Partial<SandboxSpec> = {},
  ): Promise<Sandbox & { folder: string }> {
    const { binary } = bench;
    const folder = makeOpenFolder(join(bench.root, 'run-'));
    const moved = moveIntoSandbox(
      tree,
      {
        folder,
        host: HOST,
        ports: await freePorts(HOST, listenAddresses(tree).length),
        backlog: 4096,
        upstreams: [{ host: HOST, port: 9, socket: '/run/echo.sock' }],
        certificate,
        workers: 2,
        workerConnections: 64,
        workerFiles: 256,
        reuseport: false,
        cpuAffinity: null,
        user: process.getuid?.() === 0 ? 'root root' : null,
        nginxVersion: binary.version,
        buildArguments: binary.buildArguments,
        modulesPath: binary.modulesPath,
        streamModule: binary.streamModule,
        wanted: { websocketPath: null, host: null },
        keepGuards: true,
        ...changes,
      },
      () => {},
    );
    return { ...moved, folder };
  }

  async function profileTree(
    name: string,
    tunings: readonly { name: string; text: string }[] = [],
  ): Promise<Node[]> {
    const path = bench.profiles.find((profile) => profile.name === name)?.configurationPath;
    assert.ok(path, name);
    return readTuned({ path, tunings, options: null });
  }

  return bench;
}
