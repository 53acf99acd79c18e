import type { Notice } from '../model/finding.ts';
import type { ChangeFacts } from '../wording/sandbox.ts';
import { collectChanges } from './notices.ts';
import { parse } from './parse.ts';
import { print } from './print.ts';
import { moveIntoSandbox, type Sandbox, type SandboxSpec } from './sandbox.ts';

export const SPEC: SandboxSpec = {
  folder: '/run/bench',
  host: '127.0.0.1',
  ports: [9001, 9002, 9003, 9004],
  backlog: 4096,
  upstreams: [
    { host: '127.0.0.1', port: 7001 },
    { host: '127.0.0.1', port: 7002 },
  ],
  certificate: { certPath: '/run/bench/certificate.pem', keyPath: '/run/bench/key.pem' },
  workers: 2,
  workerConnections: 512,
  workerFiles: 2048,
  reuseport: false,
  cpuAffinity: null,
  user: null,
  nginxVersion: '1.22.1',
  wanted: { websocketPath: null, host: null },
  keepGuards: true,
  buildArguments: '',
  modulesPath: null,
  streamModule: null,
};

export const WEBSOCKET =
  'location /ws { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }';

export function move(source: string, changes: Partial<SandboxSpec> = {}): Sandbox {
  const { note, notices } = collectChanges();
  const tree = parse(source, 'mine.conf');
  const moved = moveIntoSandbox(tree, { ...SPEC, ...changes }, note);
  return { ...moved, notices: [...moved.notices, ...notices(tree)] };
}

/** A server with the WebSocket location and the given directives. */
export function moveServer(server: string, changes: Partial<SandboxSpec> = {}, http = ''): Sandbox {
  return move(`http { ${http} server { ${server} ${WEBSOCKET} } }`, changes);
}

/** The notices about changes: each code without its prefix, and the directives, as in `listen mine.conf:5`. */
export function changesOf(notices: readonly Notice[]): [change: string, ...directives: string[]][] {
  return notices.map(({ code, data }) => {
    const { directives } = data as unknown as ChangeFacts;
    return [
      code.replace('sandbox-', ''),
      ...directives.map(({ directive, places }) => [directive, ...places].join(' ')),
    ];
  });
}

/** Returns the printed lines that start with a directive's name. */
export function lines({ tree }: Sandbox, name: string): string[] {
  const all = print(tree)
    .text.split('\n')
    .map((line) => line.trim());
  return all.filter((line) => line.startsWith(`${name} `) || line === `${name};`);
}
