import { isIPv4 } from 'node:net';
import { Problem } from '../model/failure.ts';
import { AGENT_NAME } from '../model/host.ts';
import { last } from './given.ts';
import { Incomplete } from './incomplete.ts';
import type { GivenOptions, Options } from './options.ts';
import { OF_CLIENTS, type ScenarioRequest } from './scenario.ts';
import { parseCount, quoted } from './units.ts';

/** How to reach the NATS server through which the runner and the agents communicate. */
export interface NatsRequest {
  url: string;
  /** File with a token, an nkey seed or credentials; null if the server requires none. */
  secretFile: string | null;
  /** PEM file with certificate authorities; null for those of the system. */
  caFile: string | null;
}

/** The agents of a run. If no agent is given for a part of the run (null), that part runs on this host. */
export interface AgentsRequest {
  nats: NatsRequest;
  /** How many agents generate the load, or their names. */
  generators: number | readonly string[] | null;
  /** The agent that runs Nginx or, with --target, only observes it. */
  proxy: string | null;
  /** Whether Nginx is already running. If so, the agent only observes it. */
  isWatched: boolean;
  /** Number or names of the agents that run the echo servers. */
  servers: number | readonly string[] | null;
  /** Address on this host at which Nginx listens, so that the agents can reach it; null for the loopback address. */
  listen: string | null;
}

/** Options for connecting to the NATS server, shared by runners and agents. */
export const NATS_OPTIONS = {
  nats: { value: 'URL', help: 'NATS server with JetStream: nats://HOST:4222, or tls:// for TLS' },
  'nats-secret': { value: 'FILE', help: 'File with the token, nkey seed or credentials for NATS' },
  'nats-ca': { value: 'FILE', help: 'Certificate authorities for NATS, as PEM [those of the system]' },
} as const satisfies Options;

/** Options for using other hosts in runs. */
export const AGENT_OPTIONS = {
  agents: { value: 'N|NAMES', help: 'Use N agents, or the named ones, to generate the load' },
  'proxy-agent': {
    value: 'NAME',
    help: 'Run Nginx on this agent; with --target, only observe Nginx there',
  },
  'server-agents': { value: 'N|NAMES', help: 'Run the echo servers on N agents, or on the named ones' },
  ...NATS_OPTIONS,
  listen: { value: 'ADDRESS', help: 'Address of this host at which agents reach Nginx [127.0.0.1]' },
} as const satisfies Options;

/** The options that assign parts of a run to agents. */
const PARTS = ['agents', 'proxy-agent', 'server-agents'] as const;
export const MOST_AGENTS = 256;
/**
 * Options that depend on the generator's host. With agents they do not apply, because only the runner's host is
 * examined.
 */
const OF_THIS_HOST = ['pin', 'no-pin', 'carrier'];
/** Options that only apply if Nginx runs on this host. */
const OF_THIS_NGINX = ['conf', 'nginx', 'listen'];
const OF_THESE_SERVERS = ['backend'];
/** Actions that do not act on any process of the topology. */
const OF_NO_PROCESS: ReadonlySet<string> = new Set([...OF_CLIENTS, 'start-http', 'stop-http']);

/** @throws Problem('usage') for options that are incomplete or contradict other options */
export function agentsOf(given: GivenOptions, asked: ScenarioRequest): AgentsRequest | null {
  const [part] = PARTS.filter((name) => given.has(name));
  const first = Object.keys(AGENT_OPTIONS).find((name) => given.has(name));
  if (first === undefined) return null;
  const lonely = part === undefined ? first : given.has('listen') && !given.has('agents') ? 'listen' : null;
  if (lonely !== null) {
    throw new Incomplete(
      `--${lonely} only applies if agents ${lonely === 'listen' ? 'generate the load' : 'take part in the run'}. Add --agents N to let N agents generate the load.`,
      { agents: '2' },
    );
  }
  if (!given.has('nats')) {
    throw new Incomplete(
      `--${part} needs a NATS server, through which the bench reaches the agents. Name the server with --nats, for example --nats nats://127.0.0.1:4222.`,
      { nats: 'nats://127.0.0.1:4222' },
    );
  }
  if (given.has('agents')) checkGenerators(given, asked);
  if (!given.has('target')) checkPlaces(given, asked);
  const proxy = last(given, 'proxy-agent');
  const [agents, servers] = [last(given, 'agents'), last(given, 'server-agents')];
  return {
    nats: natsOf(given),
    generators: agents === null ? null : whichOf('--agents', agents),
    proxy: proxy === null ? null : checkName('--proxy-agent', proxy),
    isWatched: given.has('target'),
    servers: servers === null ? null : whichOf('--server-agents', servers),
    listen: listenOf(given),
  };
}

/** @throws Problem('usage') if agents cannot generate the requested load */
function checkGenerators(
  given: GivenOptions,
  { scenario: { name, file, needsGeneratorHere } }: ScenarioRequest,
): void {
  if (file !== undefined) {
    throw new Problem(
      'usage',
      '--agents does not apply to a scenario of your own, because the agents do not have its file. Leave --agents out, or choose another scenario.',
    );
  }
  if (needsGeneratorHere !== undefined) {
    throw new Problem(
      'usage',
      `--agents does not apply to the scenario ${name}: ${needsGeneratorHere}. Leave --agents out, or choose another scenario.`,
    );
  }
  refuse(given, 'agents', OF_THIS_HOST, 'because agents run the generator on other hosts');
}

/** @throws Problem('usage') if agents cannot run the scenario's topology */
function checkPlaces(given: GivenOptions, { scenario, scenarioOptions }: ScenarioRequest): void {
  const option = ['proxy-agent', 'server-agents'].find((name) => given.has(name));
  if (option === undefined) return;
  if (!given.has('server-agents')) {
    throw new Incomplete(
      "--proxy-agent runs Nginx on another host, which cannot reach this host's echo servers on 127.0.0.1. Use --server-agents to name agents for the echo servers, or --target to name a server that is already running.",
      { 'server-agents': '1' },
    );
  }
  const { name, steps, samplesQueues } = scenario;
  const acts = steps.some(({ name }) =>
    scenario.timeline(name, scenarioOptions, 1).some(({ action }) => !OF_NO_PROCESS.has(action.kind)),
  );
  if (acts || samplesQueues) {
    throw new Problem(
      'usage',
      `With these options, --${option} does not apply to the scenario ${name}: the scenario ${acts ? 'acts on processes' : 'reads the sockets'} of Nginx or of the echo servers, which would be on other hosts. Leave --${option} out, or choose another scenario.`,
    );
  }
  refuse(given, option, OF_THIS_HOST, 'because nothing is known about the CPUs and kernels of other hosts');
  refuse(given, 'server-agents', OF_THESE_SERVERS, "which run the bench's own echo servers");
  if (given.has('proxy-agent'))
    refuse(
      given,
      'proxy-agent',
      OF_THIS_NGINX,
      "which runs the Nginx of its host with one of the bench's profiles",
    );
}

/** @throws Problem('usage') if any of the options in `names` is given */
function refuse(given: GivenOptions, option: string, names: readonly string[], because: string): void {
  const other = names.find((name) => given.has(name));
  if (other === undefined) return;
  throw new Problem('usage', `--${other} does not apply with --${option}, ${because}. Leave one out.`);
}

/** Returns the number of agents that generate the load; 0 if this host generates it. */
export function agentCount(given: GivenOptions): number {
  const text = last(given, 'agents');
  return text === null ? 0 : countOf(whichOf('--agents', text));
}

/** Returns the number of agents requested, either as a number or as a list of names. */
export function countOf(which: number | readonly string[]): number {
  return typeof which === 'number' ? which : which.length;
}

function whichOf(option: string, text: string): number | readonly string[] {
  if (/^[\d.]+[kMG]?$/.test(text)) return parseCount(option, text, { min: 1, max: MOST_AGENTS });
  const names = text.split(',').map((name) => name.trim());
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined)
    throw new Problem('usage', `${option} names ${quoted(twice)} twice. Name it once.`);
  for (const name of names) checkName(option, name);
  return names;
}

/** @throws Problem('usage') if an agent cannot have this name */
export function checkName(option: string, name: string): string {
  if (AGENT_NAME.test(name)) return name;
  throw new Problem(
    'usage',
    `${option} ${quoted(name)} must begin with a letter or a digit, and have at most 40 characters (letters, digits, hyphens and underscores), for example ${option} a.`,
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
      '--nats must be a nats:// or tls:// address, for example --nats nats://127.0.0.1:4222.',
    );
  if (url.username + url.password !== '') {
    throw new Problem(
      'usage',
      '--nats must not contain a user name or a password, because other users can read command lines. Put the secret in a file and name it with --nats-secret.',
    );
  }
  return {
    url: `${url.protocol}//${url.host}`,
    secretFile: last(given, 'nats-secret'),
    caFile: last(given, 'nats-ca'),
  };
}
