import { lackOfStream } from '../../nginx/stream-module.ts';
import { LOOPBACK, RAISE_LOOPBACK } from '../../observe/loopback.ts';
import { GET_BUN } from '../../plan/engine.ts';
import { TOO_LITTLE_MEMORY } from '../../plan/preflight.ts';
import { connectionsPerAddress } from '../../plan/reckoning.ts';
import { RAISE_PORTS, raiseOpenFiles } from '../../plan/remedies.ts';
import { isTooLongForSockets } from '../../topology/private-folder.ts';
import { formatBytes, formatCount } from '../../wording/format.ts';
import { ioUringRemedy } from '../../wording/planning.ts';
import { CANNOT_OBSERVE } from '../measure.ts';
import type { Facts } from './examine.ts';
import type { Reach } from './reach.ts';

/** Result of one check. `note`: runs are possible, with the restriction in `text`. `failed`: no run is possible. */
export interface Finding {
  check: string;
  state: 'ok' | 'note' | 'failed';
  text: string;
  /**
   * How to fix the problem, with a command if possible; null if nothing needs fixing or nothing can be done.
   */
  remedy: string | null;
}

type Judged = Omit<Finding, 'check'>;
type Check = (facts: Facts, reach: Reach) => Judged;

/** Checks in output order. Each is a pure function. */
const CHECKS: Readonly<Record<string, Check>> = {
  System: systemOf,
  Nginx: nginxOf,
  TLS: (facts) => moduleOf(facts, 'http_ssl_module', 'the profiles with TLS'),
  'HTTP/2': (facts) => moduleOf(facts, 'http_v2_module', 'the profile http2'),
  Stream: streamOf,
  Engine: engineOf,
  io_uring: ioUringOf,
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

/** One line per finding, a further line for its remedy if any, and the conclusion. */
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
      : 'This machine cannot run the bench until the problems marked FAILED are fixed.';
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
  if (typeof nginx === 'string') return failed('no usable Nginx', nginx);
  return ok(`${nginx.version} (${nginx.openssl ?? 'without a TLS library'}), ${nginx.path}`);
}

const NO_NGINX = ok('not checked, because there is no Nginx');

function moduleOf({ nginx }: Facts, name: string, what: string): Judged {
  if (typeof nginx === 'string') return NO_NGINX;
  if (nginx.buildArguments.includes(`--with-${name}`)) return ok(`${name} is built in`);
  return note(
    `${name} is missing, so ${what} cannot run`,
    'Use --nginx PATH to name an Nginx with this module. The packages of all distributions include it.',
  );
}

function streamOf({ nginx }: Facts): Judged {
  if (typeof nginx === 'string') return NO_NGINX;
  const lack = lackOfStream(nginx);
  return lack === null
    ? ok(nginx.streamModule ?? 'built in')
    : note('the profiles stream and stream-tls are skipped', lack);
}

function engineOf({ environment: { bun, node } }: Facts): Judged {
  if (bun !== null)
    return ok(`Bun ${bun} for the lean client and server, Node ${node} for the ws client and server`);
  return note(
    `Bun not found: the lean client and server use more CPU on Node ${node} than on Bun`,
    `${GET_BUN}.`,
  );
}

function ioUringOf({ environment: { ioUring } }: Facts): Judged {
  if (ioUring === null) return ok('not checked, because there is no Bun');
  if (ioUring === 'available')
    return ok('available to the lean client and server, which use it in closed loops');
  return note(`refused (${ioUring}), so the lean client and server use sockets`, ioUringRemedy(ioUring));
}

function cpusOf({ environment: { cpuModel }, machine: { cpus } }: Facts): Judged {
  const text = `${cpus.length} (${cpuModel})`;
  if (cpus.length > 1) return ok(text);
  return note(
    `${text}: generator, Nginx and echo servers share it, so most runs will be suspect`,
    'Use a machine with two CPUs or more. For a container: docker run --cpus 4',
  );
}

function controlGroupOf({ container: { cpuQuota, memoryLeftBytes }, isQuotaFelt }: Facts): Judged {
  const memory = memoryLeftBytes === null ? '' : `${formatBytes(memoryLeftBytes)} of memory left`;
  if (cpuQuota === null) return ok(memory === '' ? 'no CPU or memory limit' : memory);
  const text = [`${Number(cpuQuota.toFixed(2))} CPUs`, memory].filter((part) => part !== '').join(', ');
  if (!isQuotaFelt) return ok(text);
  return note(
    `${text}: processes that exceed the quota are stopped for up to 0.1 s at a time, which adds to latencies`,
    'For a container: docker run --cpuset-cpus 0-3 instead of --cpus',
  );
}

function placementOf({ pinning }: Facts): Judged {
  if (pinning === 'possible') return ok('processes can be pinned to CPUs (taskset)');
  if (pinning === 'missing') {
    return note('processes cannot be pinned to CPUs: taskset is missing', 'sudo apt-get install util-linux');
  }
  return note(
    'processes cannot be pinned to CPUs: the system rejects sched_setaffinity, as some containers do',
    'For a container: docker run --security-opt seccomp=unconfined',
  );
}

/** The doctor gives a note if programs use at least this share of CPU capacity. Runs have the same threshold. */
const BUSY_SHARE = 0.1;

function busyOf({ busyShare }: Facts): Judged {
  if (busyShare === null) return ok('unknown: this system does not report it');
  const text = `${Math.round(busyShare * 100)} % of the CPU capacity is in use`;
  if (busyShare < BUSY_SHARE) return ok(text);
  return note(`${text}: metrics vary, so compare ratios within one session only`, 'Find the cause with: top');
}

/** Default number of connections of `run`. */
const USUAL_CONNECTIONS = 1000;

function connectionsOf(_facts: Facts, { connections, limit }: Reach): Judged {
  const text = `up to ${formatCount(connections)} WebSockets over TLS`;
  if (connections === 0) return failed('none', limit.text);
  if (connections < USUAL_CONNECTIONS) return note(text, limit.text);
  const how = limit.code === TOO_LITTLE_MEMORY ? ', add memory' : '';
  return { state: 'ok', text, remedy: `To allow more${how}: ${limit.text}` };
}

function openFilesOf({ machine }: Facts): Judged {
  const { openFilesLimit } = machine;
  const text = `${formatCount(openFilesLimit)} per process`;
  return openFilesLimit < 4096 ? note(text, raiseOpenFiles(machine)) : ok(text);
}

function portsOf({ machine }: Facts): Judged {
  const each = connectionsPerAddress(machine);
  const range = machine.portRange === null ? 'unknown' : machine.portRange.join(' to ');
  const text = `${range}, for ${formatCount(each)} connections from each address`;
  return each < USUAL_CONNECTIONS ? note(text, RAISE_PORTS) : ok(text);
}

function addressesOf({ loopback, otherLoopback }: Facts): Judged {
  if (!loopback)
    return failed(`nothing can connect to ${LOOPBACK}: the interface lo is down`, RAISE_LOOPBACK);
  if (otherLoopback) return ok('all of 127.0.0.0/8 can be used');
  return note(
    '127.0.0.2 cannot be used, but runs need it as a source address of the generator',
    'sudo ip addr add 127.0.0.2/8 dev lo (macOS: sudo ifconfig lo0 alias 127.0.0.2)',
  );
}

/** Largest listen backlog that any server of the bench requests. */
const MOST_BACKLOG = 4096;

function backlogOf({ machine: { somaxconn } }: Facts): Judged {
  if (somaxconn === null) return ok('unknown: net.core.somaxconn could not be read');
  if (somaxconn >= MOST_BACKLOG) return ok(`net.core.somaxconn is ${somaxconn}`);
  return note(
    `net.core.somaxconn is ${somaxconn}: if more handshakes wait at once, some take 1 s or 3 s longer`,
    `sudo sysctl -w net.core.somaxconn=${MOST_BACKLOG}`,
  );
}

function memoryOf({ machine: { memoryBytes }, environment }: Facts): Judged {
  const left = formatBytes(memoryBytes);
  return ok(`${left} of ${formatBytes(environment.memoryBytes)} available`);
}

function temporaryOf({ temporary: { path, isWritable } }: Facts): Judged {
  if (!isWritable) return failed(`${path} is not writable`, 'Name another folder: export TMPDIR=/tmp');
  if (isTooLongForSockets(path)) {
    return failed(
      `${path} is too long: the paths of sockets in this folder would exceed the limit`,
      'Name another folder: export TMPDIR=/tmp',
    );
  }
  return ok(path);
}

function browserOf({ browser }: Facts): Judged {
  if (browser !== null) return ok(browser);
  return {
    state: 'ok',
    text: 'none, but runs do not need one',
    remedy: 'For npm test: run npm ci on Linux x64, or put chromium on PATH',
  };
}
