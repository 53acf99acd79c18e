import { EXPORT_OPTION } from './exports.ts';
import { JSON_OPTION, type Options } from './options.ts';

/** Options of `run`, by the heading they stand under in the help text. */
export const RUN_OPTIONS = {
  'What is put under load': {
    profile: {
      short: 'p',
      value: 'NAMES',
      help: 'Variants (tls, tls@NAME+buf-16k), with commas, or all',
    },
    baseline: {
      value: 'direct',
      help: 'Beside runs without Nginx: the price of the proxy',
    },
    server: { value: 'ws|lean', help: 'Echo server [lean for throughput, ws for latency]' },
    nginx: {
      value: '[NAME=]NGINX',
      many: true,
      help: 'Path or debian:SUITE [the one on PATH, else fetched]',
    },
  },
  'Your own configuration': {
    conf: { value: 'PATH', many: true, help: 'An nginx.conf, or a file from conf.d or sites-available' },
    'conf-root': { value: 'FROM=DIR', many: true, help: 'Where its folders lie here: /etc/nginx=./site' },
    'env-file': { value: 'FILE', help: 'Lines NAME=value for its variables [the environment]' },
    'ws-path': { value: 'PATH', help: 'Path of its WebSockets [chosen from its locations]' },
    host: { value: 'NAME', help: 'Host of the requests [the name of its server]' },
    header: {
      value: "'NAME: VALUE'",
      many: true,
      help: 'Sent with each WebSocket handshake: Origin, a cookie',
    },
    'keep-guards': { value: null, help: 'Keep access rules and limits that may shut the load out' },
  },
  'The load': {
    connections: { short: 'c', value: 'N', help: 'WebSocket connections [1000]' },
    steps: { value: 'NAMES', help: 'throughput, latency, or both with a comma [both]' },
    duration: { short: 'd', value: 'TIME', help: 'Length of the measured phase of each step [10s]' },
    warmup: { short: 'w', value: 'TIME', help: 'Load before it that is not counted [2s]' },
    rate: {
      short: 'R',
      value: 'N',
      help: 'Latency alone, at N messages per second over all connections',
    },
    arrivals: { value: 'uniform|poisson', help: 'Spacing of the schedule of the step latency [uniform]' },
    'in-flight': {
      value: 'N',
      help: 'Throughput alone: unanswered messages per connection [1]',
    },
    payload: { value: 'SIZE|RANGE', help: 'Bytes of a message: 64, 16k, 64-1024 [64]' },
    type: { value: 'text|binary', help: 'Type of the messages [text]' },
    ramp: { value: 'N', help: 'New connections per second [as fast as they are accepted]' },
    client: { value: 'lean|ws', help: 'WebSocket client of the generator [lean]' },
    engine: { value: 'node|bun', help: 'What runs lean client and lean server [bun where it is found]' },
    seed: { value: 'N', help: 'Draws sizes, arrivals and contents again [a random one, kept]' },
    'no-http': { value: null, help: 'Leave out the short HTTP leg before the WebSockets' },
    'connect-timeout': { value: 'TIME', help: 'For TCP, TLS and upgrade together [10s]' },
    'echo-timeout': { value: 'TIME', help: 'An echo later than this is lost [10s]' },
  },
  'The processes (by default the preflight decides)': {
    workers: { value: 'N', help: 'Generator processes' },
    servers: { value: 'N', help: 'Echo server processes' },
    'nginx-workers': { value: 'N', help: 'Nginx worker processes' },
    pin: { value: null, help: 'Place processes on CPUs, one for what matters most [on 2 CPUs]' },
    'no-pin': { value: null, help: 'Let the kernel place all processes' },
  },
  'What comes out': {
    threshold: { value: 'CONDITION', many: true, help: `Exit with 99 unless met: 'service.p99<50ms'` },
    strict: { value: null, help: 'Exit with 1 unless every run is valid' },
    ...JSON_OPTION,
    reports: { value: 'DIR', help: 'Where reports are written [./reports]' },
    name: { value: 'NAME', help: 'Part of the name of the report [the profiles]' },
    ...EXPORT_OPTION,
    live: {
      value: '[PORT]',
      optional: /^\d+$/,
      help: 'Serve the report on this machine while it grows [a free port]',
    },
    quiet: { short: 'q', value: null, help: 'Do not show how it goes' },
    label: { value: 'KEY=VALUE', many: true, help: 'Kept with it, to find it by: branch=main' },
    note: { value: 'TEXT', help: 'Kept with it, and shown in its report' },
    series: { value: 'NAME', help: '`publish` sets it beside those of the same name alone' },
    redact: { value: null, help: 'Keep no host names, user names and paths; see the README' },
  },
} as const satisfies Readonly<Record<string, Options>>;
