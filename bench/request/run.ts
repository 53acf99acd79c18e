import type { ConfigurationOptions } from '../model/configuration.ts';
import type { WantedExport } from '../model/export.ts';
import { Problem } from '../model/failure.ts';
import type { LoadOptions, Payload } from '../model/load.ts';
import type { Step } from '../model/plan.ts';
import { PROXY } from '../model/proxy.ts';
import { expectationOf, type PlannedTarget } from '../model/target.ts';
import type { ScenarioDefinition } from '../scenarios/definition.ts';
import { type AgentsRequest, agentsOf, countOf } from './agents.ts';
import { backendOf } from './backend.ts';
import type { Command } from './command.ts';
import { configurationOptions } from './configuration.ts';
import { exportsOf } from './exports.ts';
import { last, milliseconds, number, oneOf, rate } from './given.ts';
import { Incomplete } from './incomplete.ts';
import { type NginxSources, nginxSources } from './nginx.ts';
import type { GivenOptions } from './options.ts';
import { type ProcessesRequest, processesOf } from './processes.ts';
import { withinLimit } from './remote.ts';
import { RUN_OPTIONS } from './run-options.ts';
import {
  allSteps,
  checkMetrics,
  checkSteps,
  namedSteps,
  type ScenarioRequest,
  scenarioOf,
  stepsWith,
} from './scenario.ts';
import { type Tags, tagsOf } from './tags.ts';
import { type AskedTarget, targetOf } from './target.ts';
import { parseThreshold, type Threshold, unmeasurable } from './threshold.ts';
import { type Bounds, parseByteRange, quoted } from './units.ts';

/** The request of `run`. Unless stated otherwise, null means that the preflight decides. */
export interface RunRequest extends ScenarioRequest, ProcessesRequest {
  /** Variant names as typed, such as `tls` or `tls+buf-16k`. `all` has not been expanded yet. */
  variants: readonly string[];
  /** Paths of the user's configurations, which run after the variants. */
  configurations: readonly string[];
  /** How to read the user's configurations, and which of their WebSocket endpoints to use. */
  configurationOptions: ConfigurationOptions;
  /** Other scenarios whose steps this request may run as well. */
  others: readonly ScenarioRequest[];
  /** The steps of each variant, in order. */
  steps: readonly Step[];
  load: LoadOptions;
  target: PlannedTarget;
  payload: Payload;
  connections: number;
  rampPerSecond: number;
  warmupMs: number;
  durationMs: number;
  echoTimeoutMs: number;
  connectTimeoutMs: number;
  /** Command that starts the user's own server, with `{port}` for its port; null for the echo servers. */
  backend: string | null;
  /** The agents on other hosts that take part; null if none does. */
  agents: AgentsRequest | null;
  http: boolean;
  nginx: NginxSources;
  /** Seed of random values; null for a random seed. */
  seed: number | null;
  thresholds: readonly Threshold[];
  /** The variant that has no proxy and serves as the reference for the cost of the proxy. It is one of `variants`. */
  baseline: string | null;
  strict: boolean;
  json: boolean;
  /** Folder in which result folders are created. */
  reports: string;
  /** Name of the result; null to name it after the variants. */
  name: string | null;
  exports: readonly WantedExport[];
  /** Whether to serve the report during the runs, and on which port. A null port means any free port. */
  live: { port: number | null } | null;
  quiet: boolean;
  /** Labels, note and series given by the user. */
  tags: Tags;
  /** Whether to remove host names, user names and paths from the stored result. */
  redact: boolean;
}

export const PORTS: Bounds = { min: 1, max: 65_535 };
const MINUTE_US = 60_000_000;
const IN_FLIGHT: Bounds = { min: 1, max: 65_536 };
const ARRIVALS = ['uniform', 'poisson'] as const;
export const CONNECTIONS: Bounds = { min: 1, max: 1_000_000 };
export const PER_SECOND: Bounds = { min: 0.001, max: 10_000_000 };
/** At most one day, because Node.js timers overflow after 24.8 days. */
export const DURATION_US: Bounds = { min: 1000, max: 24 * 60 * MINUTE_US };
const TIMEOUT_US: Bounds = { min: 1000, max: 60 * MINUTE_US };
/** The largest payload, 16 MiB, is well below the 100 MiB that the `ws` echo server accepts. */
export const PAYLOAD: Bounds = { min: 0, max: 16 * 2 ** 20 };

export const runCommand = {
  operands: '',
  help: 'Put variants under load and write a report (the default command)',
  options: RUN_OPTIONS,
  parse: (given) => ({ command: 'run', run: runRequest(given) }),
} as const satisfies Command<{ command: 'run'; run: RunRequest }>;

/** Parses the options of `run`; throws a `usage` Problem if they are invalid. */
function runRequest(given: GivenOptions): RunRequest {
  const scenarioRequest = scenarioOf(given);
  const target = targetOf(given, scenarioRequest);
  const steps = stepsOf(given, scenarioRequest.scenario);
  const asked = variantsOf(given);
  const baseline = baselineOf(given, asked);
  const variants = baseline === null ? asked : [baseline, ...asked.filter((name) => name !== baseline)];
  const request = requestOf(given, { variants, steps, warmupMs: 2000, durationMs: 10_000 });
  if (target !== null) return requestOfTarget(request, target, given);
  checkThresholds(request);
  return { ...request, baseline };
}

/**
 * @throws Problem('usage') if the generators cannot reach the echo servers directly, as the profile `direct`
 * requires
 */
function checkDirect({ agents, variants }: Pick<RunRequest, 'agents' | 'variants'>): void {
  if (agents === null || !variants.includes('direct')) return;
  if (agents.servers !== null && countOf(agents.servers) > 1) {
    throw new Problem(
      'usage',
      'With the direct profile, clients connect to the echo servers of one host only. Use --server-agents 1, or leave direct out.',
    );
  }
  if (agents.listen === null || agents.servers !== null) return;
  throw new Problem(
    'usage',
    `--listen sets the address of ${PROXY}, but direct has no ${PROXY}: the echo servers of direct stay on 127.0.0.1. Leave direct out.`,
  );
}

/** Returns the request for a server that is already running. */
function requestOfTarget(
  asked: RunRequest,
  { target, options }: AskedTarget,
  given: GivenOptions,
): RunRequest {
  const name =
    asked.name ?? new URL(target.url).host.replaceAll(/[[\]]/g, '').replaceAll(':', '-').replace(/^-+/, '');
  const request = { ...asked, target, configurationOptions: options, name, http: false };
  const [closed] = stepsWith('closed', asked.scenario).filter((step) => asked.steps.includes(step));
  if (target.expect === 'none' && closed !== undefined) {
    throw new Incomplete(
      `The ${closed} step waits for answers, but --expect none expects no answer. Set a rate instead, for example --rate 5k.`,
      { rate: '5k' },
    );
  }
  const limited = target.isRemote ? withinLimit(request, given) : request;
  checkThresholds(limited);
  return limited;
}

function baselineOf(given: GivenOptions, variants: readonly string[]): 'direct' | null {
  const baseline = oneOf(given, 'baseline', ['direct']);
  if (baseline === null || given.has('conf') || variants.some((name) => name !== baseline)) return baseline;
  throw new Problem(
    'usage',
    `--baseline direct reports the price of the proxy, so it needs a variant with ${PROXY}, for example -p tls --baseline direct.`,
  );
}

/** @throws Problem('usage') for a threshold that cannot be measured in any of the planned runs */
export function checkThresholds(request: RunRequest): void {
  const { thresholds, steps, scenario, http } = request;
  checkMetrics(thresholds, scenario);
  const [open = ''] = stepsWith('open', scenario);
  const [closed = ''] = stepsWith('closed', scenario);
  const missing = unmeasurable(thresholds, {
    schedule: steps.includes(open),
    'closed-loop': steps.includes(closed),
    http: scenario.httpLoad !== undefined || (http && scenario.hasHttpLeg),
    proxy: hasProxy(request) || (request.agents?.isWatched === true && request.agents.proxy !== null),
    answers: expectationOf(request.target) !== 'none',
  });
  if (missing === null) return;
  const start = `--threshold ${quoted(missing.text)} needs`;
  switch (missing.need) {
    case 'schedule':
      throw new Incomplete(
        open === ''
          ? `${start} messages on a schedule, but the scenario ${scenario.name} sends none.`
          : `${start} the ${open} step. Add it with --steps or --rate, or use service.* instead.`,
        allSteps(scenario),
      );
    case 'closed-loop':
      throw new Incomplete(
        closed === ''
          ? `${start} a closed loop, but the scenario ${scenario.name} has none.`
          : `${start} the ${closed} step. Add it: --steps ${allSteps(scenario).steps}.`,
        allSteps(scenario),
      );
    case 'http':
      throw new Problem(
        'usage',
        request.backend === null
          ? `${start} the HTTP requests that --no-http skips. Leave --no-http out.`
          : `${start} HTTP requests, but a --backend receives none. Leave one out.`,
      );
    case 'answers':
      throw new Problem(
        'usage',
        `${start} answers, but --expect none expects no answer. Use a metric of the messages sent, such as sendLag.p99.`,
      );
    case 'proxy':
      throw new Problem(
        'usage',
        request.target.kind === 'external'
          ? `${start} ${PROXY}, but only an agent can observe ${PROXY} if --target is given. Name an agent with --proxy-agent, or use a metric of the answers, such as response.p99.`
          : `${start} ${PROXY}, but direct has none. Add a variant with ${PROXY}.`,
      );
  }
}

/** Reports whether any variant has a proxy. `direct` is the only profile without one. */
export function hasProxy({ variants, configurations }: RunRequest): boolean {
  return configurations.length > 0 || variants.some((name) => name !== 'direct');
}

/** @throws Problem('usage') unless the request has exactly one variant */
export function checkOneVariant(command: string, { variants, configurations }: RunRequest): void {
  if (variants.length + configurations.length === 1 && !variants.includes('all')) return;
  throw new Problem(
    'usage',
    `\`${command}\` takes one variant. Name one, for example --profile tls, and run the command again for another.`,
  );
}

/** Parses the options shared by all commands that put variants under load. */
export function requestOf(
  given: GivenOptions,
  { warmupMs, durationMs, ...what }: Pick<RunRequest, 'variants' | 'steps' | 'warmupMs' | 'durationMs'>,
): RunRequest {
  const asked = scenarioOf(given);
  const { scenario, scenarioOptions } = asked;
  const connections = number(given, 'connections', CONNECTIONS) ?? scenario.defaults.connections;
  const payload = payloadOf(given, scenario);
  const backend = backendOf(given, asked);
  const problem = scenario.problemOf({ connections, payload, options: scenarioOptions });
  if (problem !== null) throw new Problem('usage', problem);
  const agents = agentsOf(given, asked);
  checkDirect({ ...what, agents });
  return {
    ...what,
    ...asked,
    others: [],
    target: { kind: 'sandbox' },
    configurations: given.get('conf') ?? [],
    configurationOptions: configurationOptions(given),
    load: {
      inFlight: pendingOf(asked) ?? number(given, 'in-flight', IN_FLIGHT) ?? 1,
      ratePerSecond: rate(given, 'rate', PER_SECOND) ?? scenario.defaultRate(connections, scenarioOptions),
      arrivals: oneOf(given, 'arrivals', ARRIVALS) ?? 'uniform',
    },
    payload,
    connections,
    rampPerSecond: rate(given, 'ramp', PER_SECOND) ?? 0,
    warmupMs: milliseconds(given, 'warmup', { ...DURATION_US, min: 0 }) ?? warmupMs,
    durationMs: milliseconds(given, 'duration', DURATION_US) ?? durationMs,
    echoTimeoutMs: milliseconds(given, 'echo-timeout', TIMEOUT_US) ?? 10_000,
    connectTimeoutMs: milliseconds(given, 'connect-timeout', TIMEOUT_US) ?? 10_000,
    ...processesOf(given, connections),
    backend,
    agents,
    // It is unknown which ordinary HTTP requests the user's own server answers.
    http: !given.has('no-http') && backend === null,
    nginx: nginxSources(given),
    seed: number(given, 'seed', { min: 0, max: 2 ** 32 - 1 }),
    thresholds: (given.get('threshold') ?? []).map(parseThreshold),
    baseline: null,
    strict: given.has('strict'),
    json: given.has('json'),
    reports: last(given, 'reports') ?? 'reports',
    name: last(given, 'name'),
    exports: exportsOf(given),
    live: given.has('live') ? { port: number(given, 'live', PORTS) } : null,
    quiet: given.has('quiet'),
    tags: tagsOf(given),
    redact: given.has('redact'),
  };
}

/** Returns variant names as typed; empty for a target, or if only the user's configurations are given. */
export function variantsOf(given: GivenOptions): string[] {
  if (given.has('target') || (given.has('conf') && !given.has('profile'))) return [];
  const names = (last(given, 'profile') ?? '').split(',').map((name) => name.trim());
  if (!given.has('profile')) {
    throw new Incomplete(
      'No profile was given. Use --profile, for example --profile tls (`profiles` lists them), or --conf for your own nginx.conf.',
      { conf: 'nginx.conf' },
    );
  }
  if (names.includes(''))
    throw new Problem('usage', '--profile has an empty name between two commas. Remove one comma.');
  if (names.includes('all') && names.length > 1) {
    throw new Problem(
      'usage',
      '--profile all cannot be combined with other names. Leave the other names out, or name every profile.',
    );
  }
  return names;
}

/**
 * Returns the steps named by --steps. Without it, an option that only applies to one step selects that step.
 */
function stepsOf(given: GivenOptions, scenario: ScenarioDefinition): Step[] {
  const closed = given.has('in-flight') || given.has('pending');
  const open = given.has('rate');
  const steps =
    namedSteps(given, scenario) ??
    scenario.steps
      .filter(({ load }) => closed === open || load === null || (load === 'open') === open)
      // A rate is derived from the CPU time of the server, which is unknown for a target.
      .filter(({ load }) => load !== 'open' || open || !given.has('target'))
      .map(({ name }) => name);
  checkSteps(given, scenario, steps);
  const [scheduled] = stepsWith('open', scenario);
  const [loop] = stepsWith('closed', scenario);
  if (scheduled !== undefined && !open && steps.includes(scheduled) && given.has('target')) {
    throw new Incomplete(
      `The ${scheduled} step needs a rate, which cannot be derived for a --target because its CPU time is unknown. Set one, for example --rate 5k.`,
      { rate: '5k' },
    );
  }
  if (scheduled !== undefined && loop !== undefined && !open && !steps.includes(loop)) {
    throw new Incomplete(
      `The ${scheduled} step takes its rate from the ${loop} step. Set a rate, for example --rate 5k, or run both steps.`,
      { rate: '5k' },
    );
  }
  return steps;
}

/** Returns the scenario's option `pending`, the number of handshakes in progress; null if there is no such option. */
function pendingOf({ scenarioOptions: { pending } }: ScenarioRequest): number | null {
  return typeof pending === 'number' ? pending : null;
}

function payloadOf(given: GivenOptions, { defaults }: ScenarioDefinition): Payload {
  const { min, max } = parseByteRange('--payload', last(given, 'payload') ?? defaults.payload, PAYLOAD);
  return { minBytes: min, maxBytes: max, type: oneOf(given, 'type', ['text', 'binary']) ?? 'text' };
}
