import { isIPv4 } from 'node:net';
import { hostname } from 'node:os';
import { Problem } from '../model/failure.ts';
import { AGENT_ROLES, type AgentRole } from '../model/host.ts';
import { checkName, NATS_OPTIONS, type NatsRequest, natsOf } from './agents.ts';
import type { Command } from './command.ts';
import { last, oneOf } from './given.ts';
import { Incomplete } from './incomplete.ts';
import type { GivenOptions, Options } from './options.ts';
import { parseCount, quoted } from './units.ts';

/** The request of `agent`. */
export interface AgentRequest {
  nats: NatsRequest;
  name: string;
  role: AgentRole;
  /** Targets on which the agent may put load. If empty, only the agent's own loopback addresses are allowed. */
  allowed: readonly { host: string; port: number | null }[];
  /** Maximum load that the agent generates for a run; null means no limit. */
  limits: { connections: number | null; ratePerSecond: number | null };
  /** The processes that an agent with the role `proxy` observes, by name or by ID. */
  watches: readonly ({ name: string } | { pid: number })[];
  /** IPv4 address on which the agent's Nginx or echo servers listen; null if the agent starts none. */
  listen: string | null;
}

const OPTIONS = {
  'The agent': {
    ...NATS_OPTIONS,
    role: {
      value: 'generator|proxy|server',
      help: 'Role in runs: generate load, observe or run Nginx, or run echo servers',
    },
    name: { value: 'NAME', help: 'Name of the agent in commands and reports [the host name]' },
    allow: {
      value: 'HOST[:PORT]',
      many: true,
      help: 'Allow this target, or this server behind Nginx [only 127.0.0.1]',
    },
    'max-connections': {
      value: 'N',
      help: 'Refuse runs with more than N connections on this host [no limit]',
    },
    'max-rate': {
      value: 'N',
      help: 'Refuse closed loops, and runs with more than N messages/s from this host [no limit]',
    },
    listen: { value: 'ADDRESS', help: 'Address of this host on which to start Nginx or echo servers' },
    watch: {
      value: 'NAME|PID',
      many: true,
      help: 'Process to observe (and its descendants), such as nginx',
    },
  },
} as const satisfies Readonly<Record<string, Options>>;

export const agentCommand = {
  operands: '',
  help: 'Take part in runs as load generator, Nginx host or server host',
  options: OPTIONS,
  // The agent reads no configuration file. Otherwise, a file that happens to be in the current folder could
  // determine which hosts the agent puts under load.
  takesFromFile: false,
  parse: (given) => ({ command: 'agent', agent: agentRequest(given) }),
} as const satisfies Command<{ command: 'agent'; agent: AgentRequest }>;

function agentRequest(given: GivenOptions): AgentRequest {
  if (!given.has('nats')) {
    throw new Incomplete(
      '`agent` needs a NATS server, through which it receives its runs. Name the server with --nats, for example --nats nats://127.0.0.1:4222.',
      { nats: 'nats://127.0.0.1:4222' },
    );
  }
  const role = oneOf(given, 'role', AGENT_ROLES);
  if (role === null)
    throw new Incomplete('`agent` needs a role. Use --role generator, proxy or server.', {
      role: 'generator',
    });
  checkRole(given, role);
  const name = last(given, 'name');
  return {
    nats: natsOf(given),
    name: name === null ? ownName() : checkName('--name', name),
    role,
    allowed: (given.get('allow') ?? []).map(allowedTarget),
    watches: (given.get('watch') ?? []).map(watchOf),
    limits: { connections: limit(given, 'max-connections'), ratePerSecond: limit(given, 'max-rate') },
    listen: addressOf(given),
  };
}

/** For each role, the options that do not apply to it. */
const FOREIGN: Record<AgentRole, readonly string[]> = {
  generator: ['watch', 'listen'],
  proxy: ['max-connections', 'max-rate'],
  server: ['watch', 'allow', 'max-connections', 'max-rate'],
};

/** @throws Problem('usage') if an option does not apply to the role, or if a required option is missing */
function checkRole(given: GivenOptions, role: AgentRole): void {
  const watches = given.has('watch');
  const foreign = FOREIGN[role].find((name) => given.has(name));
  if (foreign !== undefined)
    throw new Problem(
      'usage',
      `--${foreign} does not apply to an agent with --role ${role}. Leave --${foreign} out.`,
    );
  const rival = ['listen', 'allow'].find((name) => watches && given.has(name));
  if (rival !== undefined) {
    throw new Problem(
      'usage',
      `--${rival} is for an agent that starts Nginx, but --watch is for an agent that only observes it. Leave out one of these options.`,
    );
  }
  if (role === 'server' && !given.has('listen')) {
    throw new Incomplete(
      '--role server needs the address on which its echo servers listen. Use --listen ADDRESS.',
      { listen: '127.0.0.1' },
    );
  }
  if (role === 'proxy' && !watches && !given.has('listen')) {
    throw new Incomplete(
      '--role proxy needs the processes to observe, or the address on which to start Nginx. Use --watch nginx, or --listen ADDRESS.',
      { watch: 'nginx' },
    );
  }
}

function addressOf(given: GivenOptions): string | null {
  const address = last(given, 'listen');
  if (address === null || (isIPv4(address) && address !== '0.0.0.0')) return address;
  throw new Problem(
    'usage',
    `--listen ${quoted(address)} must be an IPv4 address of this host, for example --listen 192.0.2.7.`,
  );
}

function watchOf(text: string): AgentRequest['watches'][number] {
  if (/^[1-9]\d{0,9}$/.test(text)) return { pid: Number(text) };
  // As a process's name, the kernel stores only the first 15 bytes of the program's file name.
  if (/^[A-Za-z][\w.+-]{0,14}$/.test(text)) return { name: text };
  throw new Problem(
    'usage',
    `--watch ${quoted(text)} must be the ID of a process, or the name of a program (cut to its first 15 characters if it is longer), for example --watch nginx.`,
  );
}

function limit(given: GivenOptions, name: 'max-connections' | 'max-rate'): number | null {
  const text = last(given, name);
  return text === null ? null : parseCount(`--${name}`, text, { min: 1, max: Number.MAX_SAFE_INTEGER });
}

/** Returns the first part of the host name. Characters that an agent's name may not contain become hyphens. */
function ownName(): string {
  const [first = ''] = hostname().split('.');
  const name = first.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^[-_]+/, '');
  return name.slice(0, 40) || 'agent';
}

function allowedTarget(text: string): AgentRequest['allowed'][number] {
  const url = URL.canParse(`ws://${text}`) ? new URL(`ws://${text}`) : null;
  // `URL` drops the default port, so the port is taken from the text.
  const port = /:(\d+)$/.exec(text.replace(/^\[.*\]/, ''))?.[1] ?? null;
  if (url !== null && !/[/\\?#@]/.test(text))
    return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: port === null ? null : Number(port) };
  throw new Problem(
    'usage',
    `--allow ${quoted(text)} must be a host name or an address, with or without a port, for example --allow 192.0.2.7:443.`,
  );
}
