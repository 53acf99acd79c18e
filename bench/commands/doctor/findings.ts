import { join } from 'node:path';
import { lackOfStream } from '../../nginx/stream-module.ts';
import { plannedCpus } from '../../observe/control-group.ts';
import { GET_BUN } from '../../plan/engine.ts';
import { connectionsPerAddress } from '../../plan/reckoning.ts';
import { RAISE_PORTS, raiseOpenFiles } from '../../plan/remedies.ts';
import { PRIVATE_FOLDER_PREFIX } from '../../topology/private-folder.ts';
import { CANNOT_OBSERVE } from '../measure.ts';
import type { Facts } from './examine.ts';
import type { Reach } from './reach.ts';

/** One thing that was looked at. `note`: a run works, but for what is said. `failed`: none does. */
export interface Finding {
  check: string;
  state: 'ok' | 'note' | 'failed';
  text: string;
  /** What mends it, a command where there is one; null where nothing needs to be, or can be. */
  remedy: string | null;
}

type Judged = Omit<Finding, 'check'>;
type Check = (facts: Facts, reach: Reach) => Judged;

/** What is looked at, in the order in which it is told. A pure function each. */
const CHECKS: Readonly<Record<string, Check>> = {
  System: systemOf,
  Nginx: nginxOf,
  TLS: (facts) => moduleOf(facts, 'http_ssl_module', 'the profiles with TLS'),
  'HTTP/2': (facts) => moduleOf(facts, 'http_v2_module', 'the profile http2'),
  Stream: streamOf,
  Engine: engineOf,
  CPUs: cpusOf,
  'Control group': controlGroupOf,
  Placement: placementOf,
  'Other work': busyOf,
  Connections: connectionsOf,
  'Open files': openFilesOf,
  Ports: portsOf,
  Addresses: addressesOf,
  Backlog: backlogOf,
  Memory: memoryOf,
  'Temporary folder': temporaryOf,
  'Browser for tests': browserOf,
};

export function findingsOf(facts: Facts, reach: Reach): Finding[] {
  return Object.entries(CHECKS).map(([check, judge]) => ({ check, ...judge(facts, reach) }));
}

const MARKS = { ok: 'ok', note: 'note', failed: 'FAILED' } as const;

/** A line for each finding, one more for what mends it, and what it comes to. */
export function findingLines(findings: readonly Finding[]): string[] {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, state, text, remedy }) => [
    `${MARKS[state].padEnd(7)}${check.padEnd(width)}  ${text}`,
    ...(remedy === null ? [] : [`${''.padEnd(7 + width)}  → ${remedy}`]),
  ]);
  const failed = findings.filter(({ state }) => state === 'failed').length;
  const sum =
    failed === 0
      ? 'This machine can run the bench: npm run bench -- --profile tls'
      : 'This machine cannot run the bench before what FAILED is mended.';
  return [...lines, '', sum];
}

const ok = (text: string): Judged => ({ state: 'ok', text, remedy: null });
const note = (text: string, remedy: string | null): Judged => ({ state: 'note', text, remedy });
const failed = (text: string, remedy: string | null): Judged => ({ state: 'failed', text, remedy });

function systemOf({ environment: { os, kernel, arch, node }, canObserve }: Facts): Judged {
  const text = `${os}, kernel ${kernel}, ${arch}, Node ${node}`;
  return canObserve ? ok(text) : failed(text, CANNOT_OBSERVE);
}

function nginxOf({ nginx }: Facts): Judged {
  if (typeof nginx === 'string') return failed('none that can be used', nginx);
  return ok(`${nginx.version} (${nginx.openssl ?? 'without a TLS library'}), ${nginx.path}`);
}

const NO_NGINX = ok('not looked at, for there is no Nginx');

function moduleOf({ nginx }: Facts, name: string, what: string): Judged {
  if (typeof nginx === 'string') return NO_NGINX;
  if (nginx.buildArguments.includes(`--with-${name}`)) return ok(`${name} is built in`);
  return note(
    `${name} is missing: ${what} cannot run`,
    'Name an Nginx that has it with --nginx PATH; that of every distribution has.',
  );
}

function streamOf({ nginx }: Facts): Judged {
  if (typeof nginx === 'string') return NO_NGINX;
  const lack = lackOfStream(nginx);
  return lack === null
    ? ok(nginx.streamModule ?? 'built in')
    : note('the profiles stream and stream-tls are passed over', lack);
}

function engineOf({ environment: { bun, node } }: Facts): Judged {
  if (bun !== null) return ok(`Bun ${bun} for the lean ends, Node ${node} for those on ws`);
  return note(`Node ${node} for all: the lean ends cost more CPU on it than on Bun`, `${GET_BUN}.`);
}

function cpusOf({ environment: { cpuModel }, machine: { cpus } }: Facts): Judged {
  const text = `${cpus.length} (${cpuModel})`;
  if (cpus.length > 1) return ok(text);
  return note(
    `${text}: generator, Nginx and echo servers share it, so most runs are suspect`,
    'Run on a machine with two CPUs or more; a container: docker run --cpus 4',
  );
}

function controlGroupOf({ container: { cpuQuota, memoryLeftBytes }, machine: { cpus } }: Facts): Judged {
  const memory = memoryLeftBytes === null ? '' : `${gibibytes(memoryLeftBytes)} of memory left`;
  if (cpuQuota === null) return ok(memory === '' ? 'no limit of CPUs or memory' : memory);
  const text = [`${Number(cpuQuota.toFixed(2))} CPUs`, memory].filter((part) => part !== '').join(', ');
  // Processes are planned for no more whole CPUs than a quota gives: where they are as many, it is what binds.
  if (plannedCpus(cpuQuota) > cpus.length) return ok(text);
  return note(
    `${text}: what takes more CPU time is stopped for up to 0.1 s at a time, and every latency feels that`,
    'For a container: docker run --cpuset-cpus 0-3 in place of --cpus',
  );
}

function placementOf({ pinning }: Facts): Judged {
  if (pinning === 'possible') return ok('processes can be placed on CPUs (taskset)');
  if (pinning === 'missing') {
    return note('processes cannot be placed on CPUs: there is no taskset', 'sudo apt-get install util-linux');
  }
  return note(
    'processes cannot be placed on CPUs: the system refuses sched_setaffinity, as containers may',
    'For a container: docker run --security-opt seccomp=unconfined',
  );
}

/** From this share on a run tells of it as well. */
const BUSY_SHARE = 0.1;

function busyOf({ busyShare }: Facts): Judged {
  if (busyShare === null) return ok('cannot be told here');
  const text = `${Math.round(busyShare * 100)} % of all CPUs are in use`;
  if (busyShare < BUSY_SHARE) return ok(text);
  return note(`${text}: figures scatter, so compare ratios within one session only`, 'See what it is: top');
}

/** What `run` asks for by default. */
const USUAL_CONNECTIONS = 1000;

function connectionsOf(_facts: Facts, { connections, limit }: Reach): Judged {
  const text = `up to ${connections} through TLS`;
  if (connections === 0) return failed('none', limit);
  return connections < USUAL_CONNECTIONS
    ? note(text, limit)
    : { state: 'ok', text, remedy: `For more: ${limit}` };
}

function openFilesOf({ machine }: Facts): Judged {
  const { openFilesLimit } = machine;
  const text = `${openFilesLimit} for each process`;
  return openFilesLimit < 4096 ? note(text, raiseOpenFiles(machine)) : ok(text);
}

function portsOf({ machine }: Facts): Judged {
  const each = connectionsPerAddress(machine);
  const range = machine.portRange === null ? 'unknown' : machine.portRange.join(' to ');
  const text = `${range}, for ${each} connections from each address`;
  return each < USUAL_CONNECTIONS ? note(text, RAISE_PORTS) : ok(text);
}

function addressesOf({ otherLoopback }: Facts): Judged {
  if (otherLoopback) return ok('all of 127.0.0.0/8 can be connected from');
  return note(
    '127.0.0.2 cannot be used, so the generator, which connects from such addresses, fails',
    'sudo ip addr add 127.0.0.2/8 dev lo (macOS: sudo ifconfig lo0 alias 127.0.0.2)',
  );
}

/** As much as a listener asks for where there are so many connections. */
const MOST_BACKLOG = 4096;

function backlogOf({ machine: { somaxconn } }: Facts): Judged {
  if (somaxconn === null) return ok('net.core.somaxconn cannot be read here');
  if (somaxconn >= MOST_BACKLOG) return ok(`net.core.somaxconn is ${somaxconn}`);
  return note(
    `net.core.somaxconn is ${somaxconn}: where more handshakes than that wait at once, some take 1 s or 3 s`,
    `sudo sysctl -w net.core.somaxconn=${MOST_BACKLOG}`,
  );
}

function memoryOf({ machine: { memoryBytes }, environment }: Facts): Judged {
  const left = gibibytes(memoryBytes);
  return ok(`${left} of ${gibibytes(environment.memoryBytes)} available`);
}

/** A Unix-domain socket's path has at most 107 bytes on Linux (unix(7)). */
const MOST_SOCKET_PATH = 107;

function temporaryOf({ temporary: { path, isWritable } }: Facts): Judged {
  if (!isWritable) return failed(`${path} cannot be written to`, 'Name another: export TMPDIR=/tmp');
  const longest = join(path, `${PRIVATE_FOLDER_PREFIX}XXXXXX`, 'echo-32.sock');
  if (Buffer.byteLength(longest) > MOST_SOCKET_PATH) {
    return failed(`${path} is too long a path for sockets in it`, 'Name another: export TMPDIR=/tmp');
  }
  return ok(path);
}

function browserOf({ browser }: Facts): Judged {
  if (browser !== null) return ok(browser);
  return {
    state: 'ok',
    text: 'none, and runs need none',
    remedy: 'For npm test: npm ci, on Linux on x64; else put chromium on PATH',
  };
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
