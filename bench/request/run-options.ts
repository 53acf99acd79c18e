import { DEFAULT_SCENARIO, SCENARIO_OPTIONS, SCENARIOS } from '../scenarios/registry.ts';
import { EXPORT_OPTION } from './exports.ts';
import { JSON_OPTION, type Options } from './options.ts';

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
      help: 'Where its folders are on this machine: /etc/nginx=./site',
    },
    'env-file': { value: 'FILE', help: 'File of NAME=value lines for its variables [the environment]' },
    'ws-path': { value: 'PATH', help: 'Path of the WebSockets [chosen from its locations]' },
    host: { value: 'NAME', help: 'Host header of the requests [its server_name]' },
    header: {
      value: "'NAME: VALUE'",
      many: true,
      help: 'Header of each WebSocket handshake, such as Origin or Cookie',
    },
    'keep-guards': { value: null, help: 'Keep access rules and limits, which may block the load' },
  },
  'The scenario': {
    scenario: {
      value: 'NAME',
      help: `${SCENARIOS.map(({ name }) => name).join(', ')} [${DEFAULT_SCENARIO.name}]; see docs/scenarios.md`,
    },
    ...SCENARIO_OPTIONS,
  },
  'The load': {
    connections: { short: 'c', value: 'N', help: 'WebSocket connections [1000]' },
    steps: { value: 'NAMES', help: 'Some of its steps: throughput, latency [all of its steps]' },
    duration: { short: 'd', value: 'TIME', help: 'Length of the measured phase of each step [10s]' },
    warmup: { short: 'w', value: 'TIME', help: 'Load before it, not measured [2s]' },
    rate: {
      short: 'R',
      value: 'N',
      help: 'Latency step only, at N messages per second in total',
    },
    arrivals: { value: 'uniform|poisson', help: 'Spacing of messages in the latency step [uniform]' },
    'in-flight': {
      value: 'N',
      help: 'Throughput step only: unanswered messages per connection [1]',
    },
    payload: { value: 'SIZE|RANGE', help: 'Size of a message: 64, 16k, 64-1024 [64]' },
    type: { value: 'text|binary', help: 'Type of the messages [text]' },
    ramp: { value: 'N', help: 'New connections per second [as fast as possible]' },
    client: { value: 'lean|ws', help: 'WebSocket client of the generator [lean]' },
    engine: { value: 'node|bun', help: 'Runtime of the lean client and server [bun if available]' },
    seed: { value: 'N', help: 'Seed of sizes, arrivals and contents [random, stored]' },
    'no-http': { value: null, help: 'Skip the HTTP requests before the WebSockets' },
    'connect-timeout': { value: 'TIME', help: 'Limit for TCP, TLS and upgrade together [10s]' },
    'echo-timeout': { value: 'TIME', help: 'Count a later echo as lost [10s]' },
  },
  'The processes (by default, chosen for this machine)': {
    workers: { value: 'N', help: 'Generator processes' },
    servers: { value: 'N', help: 'Echo server processes' },
    'nginx-workers': { value: 'N', help: 'Nginx worker processes' },
    pin: { value: null, help: 'Pin processes to CPUs [if the machine has 2 CPUs]' },
    'no-pin': { value: null, help: 'Let the kernel schedule all processes' },
  },
  'The output': {
    threshold: { value: 'CONDITION', many: true, help: `Exit with 99 if not met: 'service.p99<50ms'` },
    strict: { value: null, help: 'Exit with 1 unless every run is valid' },
    ...JSON_OPTION,
    reports: { value: 'DIR', help: 'Folder for the reports [./reports]' },
    name: { value: 'NAME', help: 'Name of the result [the profiles]' },
    ...EXPORT_OPTION,
    live: {
      value: '[PORT]',
      optional: /^\d+$/,
      help: 'Serve the report on localhost while it grows [a free port]',
    },
    quiet: { short: 'q', value: null, help: 'Show no progress' },
    label: { value: 'KEY=VALUE', many: true, help: 'Stored with the result, to find it by: branch=main' },
    note: { value: 'TEXT', help: 'Stored with the result and shown in its report' },
    series: { value: 'NAME', help: 'Trends of `publish` compare only results of one series' },
    redact: { value: null, help: 'Store no host names, user names or paths; see the README' },
  },
} as const satisfies Readonly<Record<string, Options>>;
