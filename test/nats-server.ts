import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fetchFromSystem } from '../bench/nginx/debian.ts';
import type { Program } from '../bench/nginx/fetch.ts';
import { launch } from '../bench/topology/process.ts';

const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));

const NATS_SERVER: Program = {
  name: 'nats-server',
  title: 'nats-server',
  binary: 'usr/sbin/nats-server',
  packages: ['nats-server'],
  optional: [],
};

/** A NATS server with JetStream. */
export interface NatsServer {
  url: string;
  stop(): Promise<void>;
}

/** Returns the path of the program, which is fetched if missing. */
export async function findNatsServer(): Promise<string> {
  const { path } = await fetchFromSystem(NATS_SERVER, '--version', { cacheDir: CACHE, say: () => {} });
  return path;
}

/**
 * Starts a NATS server on a free port, which keeps its files in the given folder.
 *
 * @param host address to listen on
 * @param authorization contents of the block of that name in its configuration
 * @param tls contents of the block of that name; empty for none
 */
export async function startNatsServer(
  folder: string,
  { host = '127.0.0.1', authorization = '', tls = '' } = {},
): Promise<NatsServer> {
  const path = await findNatsServer();
  const configuration = join(folder, 'nats.conf');
  await writeFile(
    configuration,
    `listen: "${host}:-1"\nports_file_dir: "${folder}"\njetstream { store_dir: "${folder}/js" }\nauthorization { ${authorization} }\n${tls === '' ? '' : `tls { ${tls} }\n`}`,
  );
  const launched = launch({
    name: 'nats-server',
    component: 'runner',
    command: path,
    args: ['-c', configuration],
    cpus: null,
    ipc: false,
  });
  const url = await Promise.race([
    portsFile(folder),
    launched.exited.then(() => Promise.reject(new Error(launched.stderrTail()))),
  ]);
  return {
    url,
    async stop() {
      await launched.stop('SIGTERM', 2_000);
    },
  };
}

/** Reads the address from the file that the server writes when it is ready. */
async function portsFile(folder: string): Promise<string> {
  for (;;) {
    const name = (await readdir(folder)).find((file) => file.endsWith('.ports'));
    const text = name === undefined ? '' : await readFile(join(folder, name), 'utf8');
    const url = /"nats":\s*\[\s*"([^"]+)"/.exec(text)?.[1];
    if (url !== undefined) return url;
    await sleep(20);
  }
}
