import { isIPv4 } from 'node:net';
import { Problem } from '../model/failure.ts';
import { PROXY } from '../model/proxy.ts';
import { DEFAULT_SCENARIO } from '../scenarios/registry.ts';
import type { Command } from './command.ts';
import { last, number, oneOf } from './given.ts';
import type { GivenOptions, Options } from './options.ts';
import { hasProxy, PORTS, type RunRequest, requestOf, variantsOf } from './run.ts';
import { RUN_OPTIONS } from './run-options.ts';
import { stepsWith } from './scenario.ts';
import { quoted } from './units.ts';

/** The request of `up`. */
export interface UpRequest {
  /** The request from which the topology is planned, as in a run. It has one variant or configuration. */
  run: RunRequest;
  reply: 'you-said' | 'echo';
  log: boolean;
  /** IPv4 address on which Nginx listens. */
  host: string;
  /** Port on which Nginx listens for WebSockets; null for any free port. */
  port: number | null;
}

const LOOPBACK = '127.0.0.1';

const { profile, nginx } = RUN_OPTIONS['The variants'];
const { header: _, ...OWN_CONFIGURATION } = RUN_OPTIONS['Your own configuration'];
const { servers, 'nginx-workers': nginxWorkers } =
  RUN_OPTIONS['Processes (default: depends on this machine)'];

const OPTIONS = {
  'The topology': {
    profile: { ...profile, value: 'NAME', help: 'Variant (tls, tls+buf-16k)' },
    server: { value: 'ws|lean', help: 'Echo server [ws]' },
    engine: { value: 'node|bun', help: 'Runtime of the lean server [bun if available]' },
    nginx,
    servers,
    'nginx-workers': nginxWorkers,
  },
  'Your own configuration': OWN_CONFIGURATION,
  'Its behaviour': {
    reply: {
      value: 'you-said|echo',
      help: 'Answer with `You said: ` and the message, or only the message',
    },
    log: { value: null, help: 'Log connections, messages and disconnections' },
    'allow-remote': {
      value: 'ADDRESS',
      help: 'Address to listen on, if others need to connect [127.0.0.1]',
    },
    port: { value: 'N', help: 'Port for the page and its WebSockets [a free port]' },
  },
} as const satisfies Readonly<Record<string, Options>>;

export const upCommand = {
  operands: '',
  help: 'Run Nginx and echo servers to try them in a browser',
  options: OPTIONS,
  parse: (given) => ({ command: 'up', up: upRequest(given) }),
} as const satisfies Command<{ command: 'up'; up: UpRequest }>;

function upRequest(given: GivenOptions): UpRequest {
  const variants = variantsOf(given);
  const steps = stepsWith('open', DEFAULT_SCENARIO);
  const run = requestOf(given, { variants, steps, warmupMs: 0, durationMs: 1000 });
  if (variants.includes('all') || variants.length + run.configurations.length > 1) {
    throw new Problem('usage', '`up` runs one variant. Name one, for example up --profile tls.');
  }
  const host = hostOf(given);
  const { configurationOptions } = run;
  // If other machines can reach the address, access rules are kept, because they protect it. They cannot block
  // any load, because `up` generates none.
  const keepGuards = configurationOptions.keepGuards || host !== LOOPBACK;
  return {
    // There is no load, so the generator's client does not matter and no process is pinned.
    run: {
      ...run,
      client: 'ws',
      server: run.server ?? 'ws',
      pin: false,
      configurationOptions: { ...configurationOptions, keepGuards },
    },
    reply: oneOf(given, 'reply', ['you-said', 'echo']) ?? 'you-said',
    log: given.has('log'),
    host,
    port: portOf(given, run),
  };
}

function hostOf(given: GivenOptions): string {
  const host = last(given, 'allow-remote') ?? LOOPBACK;
  if (host === '0.0.0.0') {
    throw new Problem(
      'usage',
      '--allow-remote 0.0.0.0 would listen on every interface. Name the address of one of them.',
    );
  }
  if (isIPv4(host)) return host;
  throw new Problem(
    'usage',
    `--allow-remote ${quoted(host)} must be an IPv4 address of this machine, for example --allow-remote 192.0.2.7.`,
  );
}

function portOf(given: GivenOptions, run: RunRequest): number | null {
  const port = number(given, 'port', PORTS);
  if (port === null || hasProxy(run)) return port;
  throw new Problem(
    'usage',
    `--port sets the port of ${PROXY}, but direct has no ${PROXY}. Leave --port out.`,
  );
}
