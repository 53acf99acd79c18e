import { isIPv4 } from 'node:net';
import { Problem } from '../model/failure.ts';
import { AGENT_NAME } from '../model/host.ts';
import type { ScenarioDefinition } from '../scenarios/definition.ts';
import { last } from './given.ts';
import { Incomplete } from './incomplete.ts';
import type { GivenOptions, Options } from './options.ts';
import { parseCount, quoted } from './units.ts';

/** How to reach the NATS server through which runner and agents communicate. */
export interface NatsRequest {
  url: string;
  /** File with a token, an nkey seed or credentials; null if the server requires none. */
  secretFile: string | null;
  /** PEM file with certificate authorities; null for those of the system. */
  caFile: string | null;
}

/** The agents of a run. */
export interface AgentsRequest {
  nats: NatsRequest;
  /** How many agents generate the load, or their names; null if this host generates it. */
  generators: number | readonly string[] | null;
  /** The agent that watches the Nginx behind a target; null if none does. */
  proxy: string | null;
  /** Address on which Nginx listens, so that the agents can reach it; null for the loopback address. */
  listen: string | null;
}

/** Options about the NATS server, of runners and agents. */
export const NATS_OPTIONS = {
  nats: { value: 'URL', help: 'NATS server with JetStream: nats://HOST:4222, or tls:// for TLS' },
  'nats-secret': { value: 'FILE', help: 'File with its token, nkey seed or credentials' },
  'nats-ca': { value: 'FILE', help: "Its certificate authorities, in PEM format [the system's]" },
} as const satisfies Options;

/** Options about the part of other hosts in runs. */
export const AGENT_OPTIONS = {
  agents: { value: 'N|NAMES', help: 'Generate the load on this many agents, or on these' },
  'proxy-agent': { value: 'NAME', help: 'With --target: also observe the Nginx that this agent watches' },
  ...NATS_OPTIONS,
  listen: { value: 'ADDRESS', help: 'Address of this host on which the agents reach Nginx [127.0.0.1]' },
} as const satisfies Options;

export const MOST_AGENTS = 256;
/** What depends on the host of the generator, of which only the runner's is examined. */
const OF_THIS_HOST = ['pin', 'no-pin', 'carrier'];

/** @throws Problem('usage') for options that are incomplete, or do not fit the rest of the command line */
export function agentsOf(
  given: GivenOptions,
  { name, file, needsGeneratorHere }: Pick<ScenarioDefinition, 'name' | 'file' | 'needsGeneratorHere'>,
): AgentsRequest | null {
  const text = last(given, 'agents');
  const proxy = proxyOf(given);
  // Without generators on other hosts, nobody else connects to Nginx.
  const lonely = Object.keys(proxy === null ? AGENT_OPTIONS : { listen: null }).find((name) =>
    given.has(name),
  );
  if (text === null && lonely !== undefined) {
    throw new Incomplete(`--${lonely} only applies to load from agents. Say how many with --agents N.`, {
      agents: '2',
    });
  }
  if (text === null && proxy === null) return null;
  if (!given.has('nats')) {
    throw new Incomplete(
      `--${text === null ? 'proxy-agent' : 'agents'} needs the NATS server through which the agents are reached. Name it with --nats, for example --nats nats://127.0.0.1:4222.`,
      { nats: 'nats://127.0.0.1:4222' },
    );
  }
  if (text === null) return { nats: natsOf(given), generators: null, proxy, listen: null };
  if (file !== undefined) {
    throw new Problem(
      'usage',
      '--agents does not apply to a scenario of your own, whose file the agents do not have. Leave one out.',
    );
  }
  if (needsGeneratorHere !== undefined) {
    throw new Problem(
      'usage',
      `--agents does not apply to the scenario ${name}: ${needsGeneratorHere}. Leave one out.`,
    );
  }
  const local = OF_THIS_HOST.find((name) => given.has(name));
  if (local !== undefined) {
    throw new Problem(
      'usage',
      `--${local} does not apply with --agents, which run the generator on other hosts. Leave one out.`,
    );
  }
  return { nats: natsOf(given), generators: generatorsOf(text), proxy, listen: listenOf(given) };
}

function proxyOf(given: GivenOptions): string | null {
  const name = last(given, 'proxy-agent');
  if (name === null) return null;
  if (given.has('target')) return checkName('--proxy-agent', name);
  throw new Problem(
    'usage',
    '--proxy-agent only applies with --target: without it, the run starts Nginx on this host and observes it there. Leave it out.',
  );
}

/** Returns the number of agents that generate the load; 0 if this host does. */
export function agentCount(given: GivenOptions): number {
  const text = last(given, 'agents');
  const generators = text === null ? 0 : generatorsOf(text);
  return typeof generators === 'number' ? generators : generators.length;
}

function generatorsOf(text: string): NonNullable<AgentsRequest['generators']> {
  if (/^[\d.]+[kMG]?$/.test(text)) return parseCount('--agents', text, { min: 1, max: MOST_AGENTS });
  const names = text.split(',').map((name) => name.trim());
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw new Problem('usage', `--agents names ${quoted(twice)} twice. Name it once.`);
  for (const name of names) checkName('--agents', name);
  return names;
}

/** @throws Problem('usage') if an agent cannot have this name */
export function checkName(option: string, name: string): string {
  if (AGENT_NAME.test(name)) return name;
  throw new Problem(
    'usage',
    `${option} ${quoted(name)} must consist of letters, digits, hyphens and underscores, for example ${option} a.`,
  );
}

function listenOf(given: GivenOptions): string | null {
  const address = last(given, 'listen');
  if (address === null) return null;
  const problem =
    address === '0.0.0.0'
      ? 'would listen on every interface. Name the address of one of them'
      : 'must be an IPv4 address of this host, for example --listen 192.0.2.7';
  if (address === '0.0.0.0' || !isIPv4(address))
    throw new Problem('usage', `--listen ${quoted(address)} ${problem}.`);
  if (given.has('target')) {
    throw new Problem('usage', '--listen does not apply with --target, which already runs. Leave one out.');
  }
  return address;
}

/** @throws Problem('usage') for an address that is none, or contains a password */
export function natsOf(given: GivenOptions): NatsRequest {
  const text = last(given, 'nats') ?? '';
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['nats:', 'tls:'].includes(url.protocol) || url.hostname === '')
    throw new Problem(
      'usage',
      '--nats must be the address of a NATS server, for example --nats nats://127.0.0.1:4222.',
    );
  if (url.username + url.password !== '') {
    throw new Problem(
      'usage',
      '--nats must not contain a user or a password, because others can read command lines. Put the secret in a file and name it with --nats-secret.',
    );
  }
  return {
    url: `${url.protocol}//${url.host}`,
    secretFile: last(given, 'nats-secret'),
    caFile: last(given, 'nats-ca'),
  };
}
