import { DEFAULT_SCENARIO, SCENARIO_OPTIONS, SCENARIOS } from '../scenarios/registry.ts';
import { AGENT_OPTIONS } from './agents.ts';
import { EXPORT_OPTION } from './exports.ts';
import { JSON_OPTION, type Options } from './options.ts';

/** Options for measuring a server that is already running. */
export const TARGET_OPTIONS = {
  target: { value: 'URL', help: 'Server address: ws://127.0.0.1:9000/chat, or wss:// for TLS' },
  subprotocol: { value: 'NAMES', help: 'Subprotocols to offer; the server must choose one' },
  expect: { value: 'echo|any|none', help: 'What counts as an answer: echo, any message, none [echo]' },
  ca: { value: 'FILE', help: 'Certificate authorities, in PEM format [those of the system]' },
  insecure: { value: null, help: 'Accept any certificate' },
  'allow-remote': { value: 'HOST', help: 'Other host on which a target is allowed' },
  'remote-limit': {
    value: 'N',
    help: 'Maximum connections and messages/s on another host [100]',
  },
} as const satisfies Options;

/** Options of `run`, by the heading in its help text. */
export const RUN_OPTIONS = {
  'The variants': {
    profile: {
      short: 'p',
      value: 'NAMES',
      help: 'Variants (tls, tls@NAME+buf-16k), comma-separated, or all',
    },
    baseline: {
      value: 'direct',
      help: 'Also run without Nginx, and report the price of the proxy',
    },
    server: { value: 'ws|lean', help: 'Echo server [lean for throughput, ws for latency]' },
    backend: {
      value: 'COMMAND',
      help: "Your own server instead: 'node app.js --port {port}'",
    },
    nginx: {
      value: '[NAME=]NGINX',
      many: true,
      help: 'Nginx binary, or debian:SUITE [from PATH, else downloaded]',
    },
  },
  'Your own configuration': {
    conf: { value: 'PATH', many: true, help: 'Your nginx.conf, or a file from conf.d or sites-available' },
    'conf-root': {
      value: 'FROM=DIR',
      many: true,
      help: 'Local copy of a folder named in nginx.conf: /etc/nginx=./site',
    },
    'env-file': { value: 'FILE', help: 'File with configuration variables, NAME=value [the environment]' },
    'ws-path': { value: 'PATH', help: 'Path of the WebSocket endpoint [chosen from the locations]' },
    host: { value: 'NAME', help: 'Host header of the requests [the server_name]' },
    header: {
      value: "'NAME: VALUE'",
      many: true,
      help: 'Header for each WebSocket handshake, such as Origin or Cookie',
    },
    'keep-guards': { value: null, help: 'Keep access rules and limits, which may block the load' },
  },
  'A server that is already running, instead of variants': TARGET_OPTIONS,
  'The scenario': {
    scenario: {
      value: 'NAME|FILE',
      help: `${SCENARIOS.map(({ name }) => name).join(', ')}, or a scenario file of your own [${DEFAULT_SCENARIO.name}]`,
    },
    ...SCENARIO_OPTIONS,
  },
  'The load': {
    connections: { short: 'c', value: 'N', help: 'WebSocket connections [1000; slow-consumer: 100]' },
    steps: { value: 'NAMES', help: 'Steps of the scenario to run: throughput, latency [all]' },
    duration: { short: 'd', value: 'TIME', help: 'Duration of the measured phase per step [10s]' },
    warmup: { short: 'w', value: 'TIME', help: 'Warm-up before the measured phase [2s]' },
    rate: {
      short: 'R',
      value: 'N',
      help: 'Run only the latency step, at N messages per second in total',
    },
    arrivals: { value: 'uniform|poisson', help: 'Spacing of messages in the latency step [uniform]' },
    'in-flight': {
      value: 'N',
      help: 'Throughput step only: unanswered messages per connection [1]',
    },
    payload: { value: 'SIZE|RANGE', help: 'Message size: 64, 16k, 64-1024 [64; slow-consumer: 16k]' },
    type: { value: 'text|binary', help: 'Message type [text]' },
    ramp: { value: 'N', help: 'New connections per second [as fast as possible]' },
    client: { value: 'lean|ws', help: 'WebSocket client of the generator [lean]' },
    engine: { value: 'node|bun', help: 'Runtime of the lean client and server [bun if available]' },
    carrier: {
      value: 'auto|sockets|io_uring',
      help: 'How lean clients and servers use TCP (on Bun, without TLS) [auto]',
    },
    seed: { value: 'N', help: 'Seed for sizes, arrivals and contents [random, stored]' },
    'no-http': { value: null, help: 'Skip the HTTP requests before the WebSocket load' },
    'connect-timeout': { value: 'TIME', help: 'Timeout for TCP, TLS and upgrade together [10s]' },
    'echo-timeout': { value: 'TIME', help: 'Count a message without an echo as lost after this time [10s]' },
  },
  'Processes (default: depends on this machine)': {
    workers: { value: 'N', help: 'Generator processes' },
    servers: { value: 'N', help: 'Echo server processes' },
    'nginx-workers': { value: 'N', help: 'Nginx worker processes' },
    pin: { value: null, help: 'Pin processes to CPUs [if the machine has exactly 2 CPUs]' },
    'no-pin': { value: null, help: 'Let the kernel schedule all processes' },
  },
  'Other hosts': AGENT_OPTIONS,
  'The output': {
    threshold: {
      value: 'CONDITION',
      many: true,
      help: `Exit with 99 if a condition like 'service.p99<50ms' is not met`,
    },
    strict: { value: null, help: 'Exit with 1 unless every run is valid' },
    ...JSON_OPTION,
    reports: { value: 'DIR', help: 'Folder for the reports [./reports]' },
    name: { value: 'NAME', help: 'Name of the result [the profiles]' },
    ...EXPORT_OPTION,
    live: {
      value: '[PORT]',
      optional: /^\d+$/,
      help: 'Serve a live report on localhost [a free port]',
    },
    quiet: { short: 'q', value: null, help: 'Show no progress' },
    label: { value: 'KEY=VALUE', many: true, help: 'Label for finding the result, such as branch=main' },
    note: { value: 'TEXT', help: 'Note to store with the result and show in its report' },
    series: { value: 'NAME', help: 'Series name; `publish` only shows trends within a series' },
    redact: { value: null, help: 'Omit host names, user names and paths; see the README' },
  },
} as const satisfies Readonly<Record<string, Options>>;

/** For each option for a server that is already running: the reason why a command does not have the option. */
export function refusedTarget(reason: string): Record<string, string> {
  return Object.fromEntries(Object.keys(TARGET_OPTIONS).map((name) => [name, reason]));
}

/** For each option that concerns agents: the reason why a command does not have the option. */
export function refusedAgents(reason: string): Record<string, string> {
  return Object.fromEntries(Object.keys(AGENT_OPTIONS).map((name) => [name, reason]));
}

/**
 * Returns the options of `run` that another command has as well, by heading.
 *
 * @param leftOut names of the options that the command does not have
 * @param help help texts that differ from those of `run`, by the name of the option
 */
export function optionsOfItsRuns(
  leftOut: readonly string[],
  help: Readonly<Record<string, string>>,
): Readonly<Record<string, Options>> {
  return Object.fromEntries(
    Object.entries<Options>(RUN_OPTIONS).map(([heading, options]) => [
      heading,
      Object.fromEntries(
        Object.entries(options)
          .filter(([name]) => !leftOut.includes(name))
          .map(([name, option]) => [name, { ...option, help: help[name] ?? option.help }]),
      ),
    ]),
  );
}
