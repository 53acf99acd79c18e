import { isIPv4 } from 'node:net';
import { Problem } from '../model/failure.ts';
import type { Command } from './command.ts';
import { last, oneOf } from './given.ts';
import type { GivenOptions, Options } from './options.ts';
import { type RunRequest, requestOf, variantsOf } from './run.ts';
import { RUN_OPTIONS } from './run-options.ts';
import { quoted } from './units.ts';

/** What `up` was asked for. */
export interface UpRequest {
  /** What the topology is planned by, as that of a run; of one variant or one configuration. */
  run: RunRequest;
  reply: 'you-said' | 'echo';
  log: boolean;
  /** IPv4 address that Nginx listens on. */
  host: string;
}

const LOOPBACK = '127.0.0.1';

const { profile, nginx } = RUN_OPTIONS['What is put under load'];
const { header: _, ...OWN_CONFIGURATION } = RUN_OPTIONS['Your own configuration'];
const { servers, 'nginx-workers': nginxWorkers } =
  RUN_OPTIONS['The processes (by default the preflight decides)'];

const OPTIONS = {
  'What is kept running': {
    profile: { ...profile, value: 'NAME', help: 'A variant (tls, tls+buf-16k)' },
    server: { value: 'ws|lean', help: 'Echo server [ws]' },
    engine: { value: 'node|bun', help: 'What runs the lean server [bun where it is found]' },
    nginx,
    servers,
    'nginx-workers': nginxWorkers,
  },
  'Your own configuration': OWN_CONFIGURATION,
  'What it does': {
    reply: {
      value: 'you-said|echo',
      help: '`You said: ` and the message, or the message itself [you-said]',
    },
    log: { value: null, help: 'Show who connects, what comes in, who disconnects' },
    'allow-remote': {
      value: 'ADDRESS',
      help: 'Listen here, where others can reach it [127.0.0.1]',
    },
  },
} as const satisfies Readonly<Record<string, Options>>;

export const upCommand = {
  operands: '',
  help: 'Keep Nginx and echo servers running, and try them in a browser',
  options: OPTIONS,
  parse: (given) => ({ command: 'up', up: upRequest(given) }),
} as const satisfies Command<{ command: 'up'; up: UpRequest }>;

function upRequest(given: GivenOptions): UpRequest {
  const variants = variantsOf(given);
  const run = requestOf(given, { variants, steps: ['latency'], warmupMs: 0, durationMs: 1000 });
  if (variants.includes('all') || variants.length + run.configurations.length > 1) {
    throw new Problem('usage', '`up` keeps one variant running: name one, as in up --profile tls.');
  }
  return {
    // No load is planned, so no client either, and the kernel places what there is.
    run: { ...run, client: 'ws', server: run.server ?? 'ws', pin: false },
    reply: oneOf(given, 'reply', ['you-said', 'echo']) ?? 'you-said',
    log: given.has('log'),
    host: hostOf(given),
  };
}

function hostOf(given: GivenOptions): string {
  const host = last(given, 'allow-remote') ?? LOOPBACK;
  if (host === '0.0.0.0') {
    throw new Problem(
      'usage',
      '--allow-remote 0.0.0.0 would be every interface: name the address of the one that others may come in by.',
    );
  }
  if (isIPv4(host)) return host;
  throw new Problem(
    'usage',
    `--allow-remote ${quoted(host)} is no IPv4 address: name that of one of this machine's interfaces, as in --allow-remote 192.0.2.7.`,
  );
}
