import { createSocket } from 'node:dgram';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Launched, LaunchOptions } from '../topology/process.ts';
import type { NamedProcess, ProcessSet } from '../topology/process-set.ts';
import type { NginxBinary } from './binary.ts';
import { NGINX } from './driver.ts';

/** Pids that no process has: of Nginx's master, and of a shell that starts it. */
export const PID = 999_999_999;
const SHELL_PID = 999_999_998;
export const BINARY: NginxBinary = {
  ...{
    path: '/nginx',
    version: '1.28.0',
    openssl: 'OpenSSL 3.0.1',
    buildArguments: '--a',
    modulesPath: null,
  },
  ...{ streamModule: null, libraryPath: null, origin: 'nginx 1.28.0-1' },
};
export const OPTIONS = {
  ...{ roots: [], envFile: null, keepGuards: true, websocketPath: null, host: null },
  headers: [{ name: 'X-Api-Key', value: 'opensesame' }],
};
export const PROXY = { workers: 0, workerConnections: 64, workerFiles: 256, reuseport: false, backlog: 64 };
export const UP =
  'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection a;';
export const SITE = `http { server { listen 80; server_name app.example.org;
location /ws { proxy_pass http://app; ${UP} }
location /x { proxy_pass http://app; } } }`;

export type Source = Parameters<typeof NGINX.prepare>[0];
type Opening = Parameters<Awaited<ReturnType<typeof NGINX.prepare>>['start']>[5];

/**
 * Simulates Nginx: it listens on the ports of its configuration, and resolves a name if it has a resolver.
 *
 * @param checks what its checks report in turn before it accepts a configuration; `killed` ends one by a signal
 */
export async function simulate(
  t: TestContext,
  text: string,
  changes: Partial<Source> = {},
  checks: string[] = [],
) {
  const folder = await mkdtemp(join(tmpdir(), 'driver-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'site.conf');
  await writeFile(path, text);
  const listening: Server[] = [];
  t.after(() => {
    for (const server of listening) server.close();
  });
  const told: unknown[] = [];
  const ran = ({ name, component, command, cpus }: LaunchOptions, exited: Promise<unknown>, stderr = '') => {
    told.push([name, component, command, cpus]);
    const pid = command === 'sh' ? SHELL_PID : PID;
    return { name, pid, exited, stderrTail: () => stderr, stop: async () => {} } as unknown as Launched;
  };
  const processSet = {
    launchTask(options: LaunchOptions) {
      const stderr = checks.shift();
      const code = stderr === undefined ? 0 : 1;
      const exit = stderr === 'killed' ? { code: null, signal: 'SIGKILL' } : { code, signal: null };
      return ran(options, Promise.resolve(exit), stderr);
    },
    launch(options: LaunchOptions) {
      const conf = readFileSync(join(folder, 'nginx.conf'), 'utf8');
      for (const [, host, port] of conf.matchAll(/listen (127\.0\.0\.\d):(\d+)/g))
        listening.push(createServer().listen(Number(port), host));
      const nameServer = /resolver (\S+):(\d+)/.exec(conf.replace(/ +/g, ' '));
      if (nameServer !== null) resolve(Number(nameServer[2]), nameServer[1] ?? '');
      writeFileSync(join(folder, 'nginx.pid'), `${PID}\n`);
      writeFileSync(join(folder, 'nginx.pid.detached'), '');
      return ran(options, new Promise(() => {}));
    },
    watch: ({ name, pid }: NamedProcess) => void told.push(['watch', name, pid]),
    closing(what: string, close: () => void) {
      told.push(['closing', what]);
      t.after(close);
    },
  } as unknown as ProcessSet;
  const prepared = await NGINX.prepare({
    ...{ path, tunings: [], options: OPTIONS, key: 'ecdsa', upstreamTls: false, ...changes },
  });
  const upstreams = [{ host: '127.0.0.1', port: 9, socket: null, certPath: null }];
  const start = (opening?: Opening, binary = BINARY, cpus: number[] | null = [2]) =>
    prepared.start(
      { placement: cpus === null ? null : ({ proxy: cpus } as never), proxy: PROXY },
      binary,
      upstreams,
      folder,
      processSet,
      opening,
    );
  const conf = () => readFile(join(folder, 'nginx.conf'), 'utf8');
  return { folder, path, prepared, start, told, conf };
}

/** Asks a name server for an address. */
function resolve(port: number, host: string): void {
  const socket = createSocket('udp4');
  // One question: the name `a`, type A, class IN.
  const query = Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 0, 0, 1, 0, 1]);
  socket.send(query, port, host, () => socket.close());
}
