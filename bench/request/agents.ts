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

/** The generator hosts of a run. */
export interface AgentsRequest {
  nats: NatsRequest;
  /** The number of agents, or their names. */
  wanted: number | readonly string[];
  /** Address on which Nginx listens, so that the agents can reach it; null for the loopback address. */
  listen: string | null;
}

/** Options about the NATS server, for runners and agents alike. */
export const NATS_OPTIONS = {
  nats: { value: 'URL', help: 'NATS server with JetStream: nats://HOST:4222, or tls:// for TLS' },
  'nats-secret': { value: 'FILE', help: 'File with the token, nkey seed or credentials for NATS' },
  'nats-ca': { value: 'FILE', help: "Certificate authorities for NATS, in PEM format [the system's]" },
} as const satisfies Options;

/** Options of `run` about generators on other hosts. */
export const AGENT_OPTIONS = {
  agents: { value: 'N|NAMES', help: 'Generate the load on N agents, or on the named ones' },
  ...NATS_OPTIONS,
  listen: { value: 'ADDRESS', help: 'Address of this host at which agents reach Nginx [127.0.0.1]' },
} as const satisfies Options;

export const MOST_AGENTS = 256;
/**
 * Options that depend on the generator's host. With agents they do not apply, because only the runner's host is
 * examined.
 */
const OF_THIS_HOST = ['pin', 'no-pin', 'carrier'];

/** @throws Problem('usage') if options are incomplete or contradict others */
export function agentsOf(
  given: GivenOptions,
  { file }: Pick<ScenarioDefinition, 'file'>,
): AgentsRequest | null {
  const text = last(given, 'agents');
  if (text === null) {
    const lonely = Object.keys(AGENT_OPTIONS).find((name) => given.has(name));
    if (lonely === undefined) return null;
    throw new Incomplete(`--${lonely} only applies to load from agents. Add --agents N to use N of them.`, {
      agents: '2',
    });
  }
  if (!given.has('nats')) {
    throw new Incomplete(
      '--agents needs the NATS server through which the agents are reached. Name it with --nats, for example --nats nats://127.0.0.1:4222.',
      { nats: 'nats://127.0.0.1:4222' },
    );
  }
  if (file !== undefined) {
    throw new Problem(
      'usage',
      '--agents does not apply to a scenario of your own, because the agents do not have its file. Leave one out.',
    );
  }
  const local = OF_THIS_HOST.find((name) => given.has(name));
  if (local !== undefined) {
    throw new Problem(
      'usage',
      `--${local} does not apply with --agents, because agents run the generator on other hosts. Leave one out.`,
    );
  }
  return { nats: natsOf(given), wanted: wantedOf(text), listen: listenOf(given) };
}

function wantedOf(text: string): AgentsRequest['wanted'] {
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
    throw new Problem('usage', '--listen does not apply with --target: no Nginx is started. Leave one out.');
  }
  return address;
}

/** @throws Problem('usage') if the address is invalid or contains a password */
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
