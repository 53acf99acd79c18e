import { emptyHistogram, encode } from '../bench/measure/histogram.ts';
import { stored } from '../bench/model/finding.ts';
import type { Load, Phase } from '../bench/model/load.ts';
import type { RunPlan } from '../bench/model/plan.ts';
import { counted } from '../bench/model/recording.ts';
import type { Component, HttpLeg, Probe, ProcessSeries, Run, Slice, UsedProxy } from '../bench/model/run.ts';
import { quietMachine } from './machine.ts';

/** Options of a simulated run. The same options always give the same run. */
export interface RunOptions {
  profile?: string;
  /** Default: named after the profile. */
  variant?: string;
  load?: Load;
  connections?: number;
  /** Duration of the steady phase. */
  seconds?: number;
  perSecond?: number;
  medianUs?: number;
  seed?: number;
  http2?: boolean;
  cache?: boolean;
}

export const CLOSED: Load = { kind: 'closed', inFlight: 1 };
export const OPEN: Load = { kind: 'open', ratePerSecond: 20_000, arrivals: 'poisson' };

const CONNECT_SECONDS = 2;
const WARMUP_SECONDS = 2;
const SECOND_US = 1_000_000;

/** Numbers in 0..1 from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` samples of a log-normal time with this median, encoded. */
function times(random: () => number, count: number, medianUs: number, spread = 0.35): string {
  const histogram = emptyHistogram();
  const steps = Math.min(count, 200);
  for (let step = 0; step < steps; step++) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const share = Math.floor(((step + 1) * count) / steps) - Math.floor((step * count) / steps);
    histogram.recordValueWithCount(Math.max(1, Math.round(medianUs * Math.exp(spread * normal))), share);
  }
  return encode(histogram);
}

const made = new Map<string, Run>();

/**
 * Creates a valid run without problems: conserved messages, and all processes sampled once per second. Its histograms
 * take much longer to make than to copy.
 */
export function makeRun(options: RunOptions = {}): Run {
  const key = JSON.stringify(options);
  const run = made.get(key) ?? newRun(options);
  made.set(key, run);
  return structuredClone(run);
}

function newRun(options: RunOptions): Run {
  const settings = {
    profile: 'tls',
    connections: 1000,
    seconds: 10,
    perSecond: 20_000,
    medianUs: 3000,
    ...options,
  };
  const { profile, connections, seconds } = settings;
  const load = options.load ?? CLOSED;
  const random = randomFrom(options.seed ?? 1);
  const secure = profile !== 'direct' && profile !== 'plain';
  const slices = makeSlices({ ...settings, secure }, load, random);
  const steadyUs = (CONNECT_SECONDS + WARMUP_SECONDS) * SECOND_US;
  const drainUs = steadyUs + seconds * SECOND_US;
  const direct = profile === 'direct';
  const processes = makeProcesses(direct, seconds, connections, random);
  return {
    plan: { ...makePlan(profile, load, connections, seconds, direct), variant: options.variant ?? profile },
    startedAt: '2026-01-02T03:04:05.000Z',
    outcome: { state: 'completed' },
    phases: [
      { phase: 'connect', startUs: 0, endUs: CONNECT_SECONDS * SECOND_US },
      { phase: 'warm-up', startUs: CONNECT_SECONDS * SECOND_US, endUs: steadyUs },
      { phase: 'steady', startUs: steadyUs, endUs: drainUs },
      { phase: 'drain', startUs: drainUs, endUs: drainUs + SECOND_US / 2 },
    ],
    timeline: [],
    memory: [],
    queues: [],
    slices,
    workers: makeWorkers(slices, connections),
    processes,
    machine: quietMachine(processes),
    listenDrops: null,
    spread: makeSpread(direct, slices, connections),
    probe: makeProbe(secure, options.http2 ?? false),
    http: makeHttp(random, options.cache ?? false),
    httpLoad: null,
    proxy: direct ? null : makeNginx(profile),
    notices: [],
    validity: {
      verdict: 'valid',
      reasons: [],
      limit: {
        component: direct ? 'server' : 'proxy',
        evidence: stored('nginx worker 1 was busy 97 % of the time.'),
      },
    },
  };
}

function makePlan(
  profile: string,
  load: Load,
  connections: number,
  seconds: number,
  direct: boolean,
): RunPlan {
  return {
    variant: profile,
    step: load.kind === 'closed' ? 'throughput' : 'latency',
    round: null,
    target: { kind: 'sandbox' },
    profile,
    workload: { scenario: 'echo', load, payload: { minBytes: 64, maxBytes: 64, type: 'text' }, options: {} },
    timeline: [],
    openingStages: 1,
    connections,
    rampPerSecond: 0,
    warmupMs: WARMUP_SECONDS * 1000,
    durationMs: seconds * 1000,
    turns: null,
    echoTimeoutMs: 10_000,
    connectTimeoutMs: 10_000,
    client: 'lean',
    engine: 'node',
    carrier: 'sockets',
    server: 'ws',
    backend: null,
    workers: 2,
    servers: 2,
    proxy: direct
      ? null
      : { workers: 2, workerConnections: 2048, workerFiles: 4096, reuseport: false, backlog: 4096 },
    sourceAddresses: ['127.0.0.2'],
    placement: null,
    pacing: load.kind === 'open' ? 'sleep' : null,
    http: { connections: 10, durationMs: 2000, ratePerSecond: null },
    seed: 7,
  };
}

function makeSlices(
  settings: { connections: number; seconds: number; perSecond: number; medianUs: number; secure: boolean },
  load: Load,
  random: () => number,
): Slice[] {
  const slices: Slice[] = [];
  const phases: Phase[] = [
    ...Array<Phase>(CONNECT_SECONDS).fill('connect'),
    ...Array<Phase>(WARMUP_SECONDS).fill('warm-up'),
    ...Array<Phase>(settings.seconds).fill('steady'),
    'drain',
  ];
  let outstanding = 0;
  for (const [second, phase] of phases.entries()) {
    const sending = phase === 'warm-up' || phase === 'steady';
    const sent = sending ? Math.round(settings.perSecond * (0.95 + 0.1 * random())) : 0;
    const left = sending ? Math.round(settings.connections * 0.02 * random()) : 0;
    const echoed = sent + outstanding - left;
    outstanding = left;
    const opened = phase === 'connect' ? Math.floor(settings.connections / CONNECT_SECONDS) : 0;
    slices.push({
      startUs: second * SECOND_US,
      endUs: (second + (phase === 'drain' ? 0.5 : 1)) * SECOND_US,
      phase,
      counters: {
        due: sent,
        sent,
        echoed,
        lost: 0,
        unsent: 0,
        bytesSent: sent * 64,
        bytesReceived: echoed * 64,
        opened,
      },
      failures: {},
      gauges: {
        outstanding,
        open: phase === 'connect' ? opened * (second + 1) : settings.connections,
      },
      histograms: makeHistograms(random, phase, load, { ...settings, opened, echoed, sent }),
    });
  }
  return slices;
}

function makeHistograms(
  random: () => number,
  phase: Phase,
  load: Load,
  counts: { opened: number; echoed: number; sent: number; medianUs: number; secure: boolean },
): Slice['histograms'] {
  const histograms: Record<string, string> = {};
  const add = (name: string, count: number, medianUs: number, spread?: number): void => {
    if (count > 0) histograms[name] = times(random, count, medianUs, spread);
  };
  if (phase === 'connect') {
    add('tcp', counts.opened, 300);
    if (counts.secure) add('tls', counts.opened, 2500);
    add('upgrade', counts.opened, 900);
    add('handshake', counts.opened, counts.secure ? 3700 : 1200);
  }
  add('service', counts.echoed, counts.medianUs);
  if (load.kind === 'open') {
    add('response', counts.echoed, counts.medianUs * 1.1, 0.5);
    add('sendLag', counts.sent, 40, 0.6);
  }
  return histograms;
}

function makeWorkers(slices: readonly Slice[], connections: number): Run['workers'] {
  const sum = (count: (slice: Slice) => number): number =>
    slices.reduce((total, slice) => total + count(slice), 0);
  const halves = (total: number): [number, number] => [Math.ceil(total / 2), Math.floor(total / 2)];
  const sent = halves(sum(({ counters }) => counted(counters, 'sent')));
  const opened = halves(sum(({ counters }) => counted(counters, 'opened')));
  const asked = halves(connections);
  return [0, 1].map((worker) => ({
    worker,
    asked: asked[worker] ?? 0,
    opened: opened[worker] ?? 0,
    failed: 0,
    due: sent[worker] ?? 0,
    sent: sent[worker] ?? 0,
    echoed: sent[worker] ?? 0,
    outstanding: 0,
    lost: 0,
    unsent: 0,
  }));
}

function makeProcesses(
  direct: boolean,
  seconds: number,
  connections: number,
  random: () => number,
): ProcessSeries[] {
  const nginx: [Component, string, number, number][] = [
    ['proxy', 'nginx master', 0, 0],
    ['proxy', 'nginx worker 1', 0.42, 17_000],
    ['proxy', 'nginx worker 2', 0.39, 16_500],
  ];
  const others: [Component, string, number, number][] = [
    ['server', 'echo server 1', 0.3, 9000],
    ['server', 'echo server 2', 0.28, 9100],
    ['generator', 'generator 1', 0.35, 5000],
    ['generator', 'generator 2', 0.33, 5100],
    ['runner', 'runner', 0.02, 0],
  ];
  const total = CONNECT_SECONDS + WARMUP_SECONDS + seconds + 1;
  return [...(direct ? [] : nginx), ...others].map(([component, name, share, bytes], index) => {
    const node = component !== 'proxy';
    const samples: ProcessSeries['samples'] = [];
    let cpuUs = 20_000;
    for (let second = 0; second <= total; second++) {
      const open = Math.min(1, second / CONNECT_SECONDS) * (connections / 2);
      samples.push({
        atUs: second * SECOND_US,
        cpuUs: Math.round(cpuUs),
        residentBytes: Math.round(30e6 + open * bytes),
        voluntarySwitches: second * 900,
        involuntarySwitches: second * 40,
        loopUtilisation: node ? share + 0.1 * random() : null,
        loopDelayMaxUs: node ? Math.round(4000 + 9000 * random()) : null,
      });
      cpuUs += share * SECOND_US * (0.95 + 0.1 * random());
    }
    const role = component !== 'proxy' ? component : name === 'nginx master' ? 'master' : 'worker';
    return { component, role, bornUs: null, endedUs: null, name, pid: 4000 + index, samples };
  });
}

function makeSpread(direct: boolean, slices: readonly Slice[], connections: number): Run['spread'] {
  const messages = slices.reduce((total, slice) => total + counted(slice.counters, 'echoed'), 0);
  const pair = (component: 'proxy' | 'server' | 'generator', name: string, share: number): Run['spread'] =>
    [share, 1 - share].map((part, index) => ({
      component,
      name: `${name} ${index + 1}`,
      connections: Math.round(connections * part),
      messages: Math.round(messages * part),
    }));
  return [
    ...(direct ? [] : pair('proxy', 'nginx worker', 0.53)),
    ...pair('server', 'echo server', 0.5),
    ...pair('generator', 'generator', 0.5),
  ];
}

function makeProbe(secure: boolean, http2: boolean): Probe {
  return {
    alpn: null,
    alpnOffered: secure ? (http2 ? 'h2' : 'http/1.1') : null,
    extendedConnect: http2 ? false : null,
    tlsProtocol: secure ? 'TLSv1.3' : null,
    tlsCipher: secure ? 'TLS_AES_256_GCM_SHA384' : null,
    tlsKeyType: secure ? 'ec' : null,
    tlsResumed: secure ? true : null,
  };
}

function makeHttp(random: () => number, cache: boolean): HttpLeg {
  return {
    path: '/page',
    connections: 10,
    schedule: null,
    durationUs: 2 * SECOND_US,
    requests: 24_000,
    non2xx: 0,
    statuses: { '2xx': 24_000 },
    errors: 0,
    timeouts: 0,
    requestsPerSecond: 12_000,
    bytesReceived: 24_000 * 900,
    latency: times(random, 24_000, 700),
    cache: cache ? { HIT: 23_999, MISS: 1 } : null,
    backendRequests: cache ? 1 : 24_000,
  };
}

function makeNginx(profile: string): UsedProxy {
  return {
    binary: '/usr/sbin/nginx',
    origin: null,
    version: '1.22.1',
    openssl: 'OpenSSL 3.0.11 19 Sep 2023',
    buildArguments: '--with-http_ssl_module --with-http_v2_module --with-stream=dynamic',
    given: null,
    configuration: `# ${profile}\nevents { worker_connections 2048; }\nhttp {\n  server {\n    listen 127.0.0.1:8443;\n    location /websocket { proxy_pass http://backend; }\n  }\n}\n`,
    upgrade: null,
    errorLog: [],
  };
}
