import { isIP } from 'node:net';
import type { ConfigurationOptions } from '../model/configuration.ts';
import { Problem } from '../model/failure.ts';
import { PROXY } from '../model/proxy.ts';
import { EXPECTATIONS, type ExternalTarget } from '../model/target.ts';
import { DEFAULT_SCENARIO } from '../scenarios/registry.ts';
import { NEEDS_CONF, readingOptions } from './configuration.ts';
import { last, oneOf } from './given.ts';
import { Incomplete } from './incomplete.ts';
import type { GivenOptions } from './options.ts';
import { TARGET_OPTIONS } from './run-options.ts';
import { OF_CLIENTS, type ScenarioRequest } from './scenario.ts';
import { quoted } from './units.ts';

/** Options that concern the topology. They do not apply with --target, because no topology is started. */
const OF_A_TOPOLOGY = [
  ...['profile', 'conf', ...NEEDS_CONF.filter((name) => name !== 'header'), 'baseline', 'server', 'nginx'],
  ...['backend', 'servers', 'server-agents', 'nginx-workers', 'pin', 'no-pin', 'no-http'],
];

const EXAMPLE = 'for example --target ws://127.0.0.1:9000/chat';

/**
 * A server that is already running, and the request that opens a WebSocket to it. The request is not stored,
 * because it may contain secrets.
 */
export interface AskedTarget {
  target: ExternalTarget;
  /** The path to request, with its query, and the headers to send. */
  options: ConfigurationOptions;
}

/**
 * Parses --target and the options that belong to it; null without --target.
 *
 * @throws Problem('usage') for an address on another host that --allow-remote does not name, and for options
 *   that do not apply with --target
 */
export function targetOf(given: GivenOptions, asked: ScenarioRequest): AskedTarget | null {
  const text = last(given, 'target');
  if (text === null) {
    const lonely = Object.keys(TARGET_OPTIONS).find((name) => given.has(name));
    if (lonely === undefined) return null;
    throw new Incomplete(
      `--${lonely} only applies to a server that is already running. Name the server with --target URL.`,
      {
        target: 'ws://127.0.0.1:9000/chat',
      },
    );
  }
  const idle = OF_A_TOPOLOGY.find((name) => given.has(name));
  if (idle !== undefined) {
    throw new Problem(
      'usage',
      `--${idle} does not apply with --target: the server is already running, so nothing is started. Leave one out.`,
    );
  }
  refuseScenario(asked);
  const url = addressOf(text);
  const isRemote = isElsewhere(given, url);
  const expect = oneOf(given, 'expect', EXPECTATIONS);
  if (expect !== null && asked.scenario !== DEFAULT_SCENARIO) {
    throw new Problem(
      'usage',
      `--expect only applies to the scenario ${DEFAULT_SCENARIO.name}, whose messages are answered. Leave --expect out.`,
    );
  }
  return {
    target: {
      kind: 'external',
      url: `${url.protocol}//${url.host}${url.pathname}`,
      expect: expect ?? 'echo',
      certificate: certificateOf(given, url),
      subprotocols: subprotocolsOf(given),
      isRemote,
    },
    options: { ...readingOptions(given), websocketPath: url.pathname + url.search },
  };
}

/** @throws Problem('usage') for a scenario that needs the processes behind the target */
function refuseScenario({ scenario, scenarioOptions }: ScenarioRequest): void {
  const acts = scenario.steps.some(({ name }) =>
    scenario.timeline(name, scenarioOptions, 1).some(({ action }) => !OF_CLIENTS.has(action.kind)),
  );
  const { name, servers } = scenario;
  if (!acts && servers === null && scenario.serverArguments(scenarioOptions).length === 0) return;
  const what = acts
    ? `acts on ${PROXY} or on echo servers that a run starts`
    : 'needs echo servers that behave in a certain way';
  throw new Problem(
    'usage',
    `With these options, --scenario ${name} ${what}, but --target names a server that is already running. Leave one out.`,
  );
}

function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  // The query is not shown, because it may be secret.
  const shown = quoted(text.replace(/\?.*/s, '?…'));
  if (url === null || (url.protocol !== 'ws:' && url.protocol !== 'wss:'))
    throw new Problem('usage', `--target ${shown} must be a ws:// or wss:// address, ${EXAMPLE}.`);
  if (url.username + url.password !== '') {
    throw new Problem(
      'usage',
      "--target must not contain a user name or a password, because the address is stored in the result. Use --header 'Authorization: …' instead.",
    );
  }
  if (url.hash !== '') {
    throw new Problem(
      'usage',
      `--target must not contain a fragment, which is never sent (RFC 6455 section 3). Leave out everything from # on.`,
    );
  }
  return url;
}

/** Whether the host in a URL can only refer to this machine. */
export function isLoopback({ hostname }: URL): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'))
  );
}

/**
 * Reports whether the target is on another host.
 *
 * @throws Problem('usage') unless --allow-remote names exactly this host
 */
function isElsewhere(given: GivenOptions, url: URL): boolean {
  const allowed = last(given, 'allow-remote');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isLoopback(url)) {
    const idle = ['allow-remote', 'remote-limit'].find((name) => given.has(name));
    if (idle === undefined) return false;
    throw new Problem(
      'usage',
      `--${idle} does not apply to ${host}, which is this machine. Leave --${idle} out.`,
    );
  }
  if (allowed === null) {
    throw new Problem(
      'usage',
      `--target is on another host. If you are allowed to put load on it, add --allow-remote ${host}. The run then opens at most 100 connections and sends at most 100 messages per second, unless --remote-limit allows more.`,
    );
  }
  if (allowed.toLowerCase() === host) return true;
  throw new Problem(
    'usage',
    `--allow-remote ${quoted(allowed)} is not the host of --target, which is ${quoted(host)}. Name exactly that host.`,
  );
}

function certificateOf(given: GivenOptions, { protocol }: URL): ExternalTarget['certificate'] {
  const path = last(given, 'ca');
  const insecure = given.has('insecure');
  if (protocol === 'ws:') {
    const idle = ['ca', 'insecure'].find((name) => given.has(name));
    if (idle === undefined) return null;
    throw new Problem('usage', `--${idle} only applies to a wss:// target. Leave --${idle} out.`);
  }
  if (path !== null && insecure)
    throw new Problem('usage', '--ca and --insecure contradict each other. Leave one out.');
  if (insecure) return { by: 'nothing' };
  return path === null ? { by: 'system' } : { by: 'file', path };
}

function subprotocolsOf(given: GivenOptions): string[] {
  const names = (last(given, 'subprotocol') ?? '').split(',').map((name) => name.trim());
  if (!given.has('subprotocol')) return [];
  if (names.every((name) => /^[!#$%&'*+.^_`|~\w-]+$/.test(name)) && new Set(names).size === names.length)
    return names;
  throw new Problem(
    'usage',
    `--subprotocol ${quoted(names.join(','))} must be one or more different names with commas between them, for example --subprotocol graphql-transport-ws.`,
  );
}
