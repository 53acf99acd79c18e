import { hostname } from 'node:os';
import { Problem } from '../model/failure.ts';
import { checkName, NATS_OPTIONS, type NatsRequest, natsOf } from './agents.ts';
import type { Command } from './command.ts';
import { last } from './given.ts';
import { Incomplete } from './incomplete.ts';
import type { GivenOptions, Options } from './options.ts';
import { parseCount, quoted } from './units.ts';

/** The request of `agent`. */
export interface AgentRequest {
  nats: NatsRequest;
  name: string;
  /** Targets on which the agent may put load; if empty, those on its own loopback addresses. */
  allowed: readonly { host: string; port: number | null }[];
  /** The most that it generates for a run; null for any number. */
  limits: { connections: number | null; ratePerSecond: number | null };
}

const OPTIONS = {
  'The agent': {
    ...NATS_OPTIONS,
    role: { value: 'generator', help: 'What the agent does for a run: it generates the load' },
    name: { value: 'NAME', help: 'Name of the agent in commands and reports [the host name]' },
    allow: {
      value: 'HOST[:PORT]',
      many: true,
      help: 'Target that the agent may put under load [only 127.0.0.1]',
    },
    'max-connections': { value: 'N', help: 'Refuse runs with more connections on this host [no limit]' },
    'max-rate': {
      value: 'N',
      help: 'Refuse runs with more messages/s from this host, and closed loops [no limit]',
    },
  },
} as const satisfies Readonly<Record<string, Options>>;

export const agentCommand = {
  operands: '',
  help: 'Generate load on this host for runs that are started elsewhere',
  options: OPTIONS,
  // The agent reads no configuration file, because a file in the folder where it happens to be started must not decide
  // where it puts load.
  takesFromFile: false,
  parse: (given) => ({ command: 'agent', agent: agentRequest(given) }),
} as const satisfies Command<{ command: 'agent'; agent: AgentRequest }>;

function agentRequest(given: GivenOptions): AgentRequest {
  if (!given.has('nats')) {
    throw new Incomplete(
      '`agent` needs the NATS server through which runs reach it. Name it with --nats, for example --nats nats://127.0.0.1:4222.',
      { nats: 'nats://127.0.0.1:4222' },
    );
  }
  const role = last(given, 'role');
  if (role === null)
    throw new Incomplete('`agent` needs a role. Use --role generator.', { role: 'generator' });
  if (role !== 'generator')
    throw new Problem('usage', `--role ${quoted(role)} is not a role. Use --role generator.`);
  const name = last(given, 'name');
  return {
    nats: natsOf(given),
    name: name === null ? ownName() : checkName('--name', name),
    allowed: (given.get('allow') ?? []).map(allowedTarget),
    limits: { connections: limit(given, 'max-connections'), ratePerSecond: limit(given, 'max-rate') },
  };
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
  const isPlain = url !== null && url.pathname === '/' && url.username === '' && !/[/?#@]/.test(text);
  // `URL` drops the default port, so the port is taken from the text.
  const port = /:(\d+)$/.exec(text.replace(/^\[.*\]/, ''))?.[1] ?? null;
  if (url !== null && isPlain && url.hostname !== '')
    return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: port === null ? null : Number(port) };
  throw new Problem(
    'usage',
    `--allow ${quoted(text)} must be an address, with or without a port, for example --allow 192.0.2.7:443.`,
  );
}
