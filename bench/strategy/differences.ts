import type { Stored } from '../model/comparison.ts';
import type { Load, Payload } from '../model/load.ts';
import type { Placement, RunPlan } from '../model/plan.ts';
import { PROXY } from '../model/proxy.ts';
import type { Environment, Result } from '../model/result.ts';
import type { Run } from '../model/run.ts';

/** One of two stored results, reduced to the runs that are compared. */
export interface StoredSide {
  result: Pick<Result, 'id' | 'startedAt' | 'tool' | 'environment'>;
  runs: readonly Run[];
}

type Facts<T> = readonly (readonly [what: string, of: (from: T) => string | number | null | undefined])[];

const MACHINE: Facts<Environment> = [
  ['operating system', ({ os }) => os],
  ['kernel', ({ kernel }) => kernel],
  ['architecture', ({ arch }) => arch],
  ['CPU', ({ cpuModel }) => cpuModel],
  ['CPUs', ({ cpus }) => cpus],
  ['CPU quota', ({ cpuQuota }) => cpuQuota],
  ['memory in MiB', ({ memoryBytes }) => Math.round(memoryBytes / 2 ** 20)],
  ['Node', ({ node }) => node],
  ['Bun', ({ bun }) => bun],
  ['limit of open files', ({ openFilesLimit }) => openFilesLimit],
  ['net.core.somaxconn', ({ somaxconn }) => somaxconn],
  ['local ports', ({ portRange }) => portRange?.join(' to ')],
];

const NGINX: Facts<Run> = [
  [PROXY, ({ proxy }) => proxy?.version],
  [`OpenSSL of ${PROXY}`, ({ proxy }) => proxy?.openssl],
  [`build of ${PROXY}`, ({ proxy }) => proxy?.buildArguments],
];

/** Facts in a run's plan that are compared between the two sides, step by step. */
const PLAN: Facts<RunPlan> = [
  ['profile', ({ profile }) => profile],
  ['load', ({ workload }) => loadText(workload.load)],
  ['payload', ({ workload }) => payloadText(workload.payload)],
  ['connections', ({ connections }) => connections],
  ['connects per second', ({ rampPerSecond }) => rampPerSecond || 'unlimited'],
  ['warm-up in ms', ({ warmupMs }) => warmupMs],
  ['duration in ms', ({ durationMs }) => durationMs],
  ['engine', ({ engine }) => engine],
  ['carrier', ({ carrier }) => carrier],
  ['client', ({ client }) => client],
  ['server', ({ server }) => server],
  ['generators', ({ workers }) => workers],
  ['echo servers', ({ servers }) => servers],
  [`${PROXY} workers`, ({ proxy }) => proxy?.workers],
  ['reuseport for balance', ({ proxy }) => (proxy === null ? null : String(proxy.reuseport))],
  ['placement', ({ placement }) => placementText(placement)],
  ['agents', agentsText],
  ['pacing', ({ pacing }) => pacing],
  [
    'HTTP requests before the WebSockets',
    ({ http }) => (http === null ? 'none' : `${http.connections} connections`),
  ],
];

/** Names the agents and their roles, as in `generators a, b; Nginx p`. */
function agentsText({ agents = [], proxyAgent, serverAgents = [] }: RunPlan): string {
  const parts = Object.entries({
    generators: agents,
    [PROXY]: proxyAgent === undefined ? [] : [proxyAgent],
    'echo servers': serverAgents,
  });
  const told = parts
    .filter(([, names]) => names.length > 0)
    .map(([part, names]) => `${part} ${names.join(', ')}`);
  return told.join('; ') || 'none';
}

/** Lists all differences between two sessions: the machine, the versions, and the plan of each step. */
export function differencesOf(baseline: StoredSide, variant: StoredSide): Stored['differences'] {
  const sides = [baseline, variant] as const;
  const steps = [...new Set(baseline.runs.map(({ plan }) => plan.step))];
  return [
    ...differing('', [['bench', ({ result }) => result.tool.version]], ...sides.map((side) => [side])),
    ...differing('', MACHINE, ...sides.map(({ result }) => [result.environment])),
    ...differing('', NGINX, ...sides.map(({ runs }) => runs)),
    ...steps.flatMap((step) => {
      const plans = sides.map(({ runs }) =>
        runs.map(({ plan }) => plan).filter((plan) => plan.step === step),
      );
      return plans.some((each) => each.length === 0) ? [] : differing(`${step}: `, PLAN, ...plans);
    }),
  ];
}

/**
 * Returns the difference between the configurations used for a variant, if any. A user's own file, or a
 * tuning given on the command line, may have changed while its name stayed the same.
 */
export function configurationDifference(
  variant: string,
  baseline: Pick<Result, 'runs'>,
  other: Pick<Result, 'runs'>,
): Stored['differences'] {
  const given = ({ runs }: Pick<Result, 'runs'>) =>
    runs.find(({ plan, proxy }) => plan.variant === variant && proxy !== null)?.proxy?.given ?? null;
  const [before, after] = [given(baseline), given(other)];
  if (before === null || after === null || before === after) return [];
  const lines = (text: string) => `${text.split('\n').length} lines`;
  return [
    {
      what: `configuration of ${variant}`,
      baseline: lines(before),
      variant: `${lines(after)}, with different content`,
    },
  ];
}

/**
 * Lists the facts that differ between two sides. If a fact also differs among the runs of one side, all
 * values of that side are listed.
 */
function differing<T>(prefix: string, facts: Facts<T>, ...sides: (readonly T[])[]): Stored['differences'] {
  return facts.flatMap(([what, of]) => {
    const [baseline = '', variant = ''] = sides.map((side) =>
      [...new Set(side.map((from) => String(of(from) ?? 'none')))].sort().join(', '),
    );
    return baseline === variant ? [] : [{ what: prefix + what, baseline, variant }];
  });
}

function loadText(load: Load | null): string {
  if (load === null) return 'none';
  return load.kind === 'closed'
    ? `closed loop, ${load.inFlight} in flight`
    : `open loop, ${load.ratePerSecond}/s, ${load.arrivals}`;
}

function payloadText({ minBytes, maxBytes, type }: Payload): string {
  return `${minBytes === maxBytes ? minBytes : `${minBytes} to ${maxBytes}`} bytes, ${type}`;
}

function placementText(placement: Placement | null): string {
  if (placement === null) return 'by the kernel';
  const { proxy, server, generator } = placement;
  return `${PROXY} on ${proxy.join(',')}, servers on ${server.join(',')}, generators on ${generator.join(',')}`;
}
