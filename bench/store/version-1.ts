/**
 * Results of schema version 1: every run was executed once, in a closed or an open loop, and all runs are in
 * one file. Such results are converted when they are read, and then validated against the current schema like
 * any other result.
 */

type Fields = Record<string, unknown>;

/**
 * Converts a result. A field that does not match version 1 is passed on unchanged, so that validation rejects
 * it.
 */
export function convertVersion1(value: unknown): Fields & { runs: unknown[] } {
  const { plan, runs, ...rest } = fields(value);
  const { runs: plans, ...planned } = fields(plan);
  const converted = list(runs).map(convertRun);
  const allPlans = list(plans).map(fields);
  const steps = [...new Set(allPlans.map((each) => stepOf(each.load)))];
  return {
    ...rest,
    schemaVersion: 2,
    plan: { ...planned, steps: steps.length === 0 ? ['throughput'] : steps },
    variants: variantsOf(list(runs).map(fields), allPlans),
    conclusions: [],
    runs: converted,
  };
}

function variantsOf(runs: readonly Fields[], plans: readonly Fields[]): Fields[] {
  const variants = new Map<unknown, Fields>();
  for (const { profile, nginx } of plans) {
    const title = runs.find((run) => fields(run.plan).profile === profile)?.title ?? profile;
    variants.set(profile, {
      name: profile,
      title,
      profile,
      proxy: nginx === null ? null : { kind: 'nginx', tunings: [] },
    });
  }
  return [...variants.values()];
}

function convertRun(value: unknown): Fields {
  const { plan, slices, processes, balance, nginx, validity, title: _, ...rest } = fields(value);
  const { limit, ...judged } = fields(validity);
  return {
    ...rest,
    plan: convertPlan(plan),
    slices: list(slices).map(convertSlice),
    processes: list(processes).map(renamed),
    spread: list(balance).map(renamed),
    proxy: nginx,
    validity: { ...judged, limit: renamed(limit) },
  };
}

function convertPlan(value: unknown): Fields {
  const { scenario, load, payload, nginx, pin, ...rest } = fields(value);
  return {
    ...rest,
    variant: rest.profile,
    step: stepOf(load),
    round: null,
    workload: { scenario, load, payload },
    proxy: nginx,
    placement: pin === null ? null : convertPlacement(pin),
  };
}

function convertPlacement(value: unknown): Fields {
  const { nginx, ...rest } = fields(value);
  return { ...rest, proxy: nginx };
}

/** Returns the step to which a load belongs: closed loops measured throughput, and open loops measured latency. */
function stepOf(load: unknown): 'throughput' | 'latency' {
  return fields(load).kind === 'open' ? 'latency' : 'throughput';
}

function convertSlice(value: unknown): Fields {
  const { startUs, endUs, phase, failures, histograms, outstanding, open, ...counters } = fields(value);
  return { startUs, endUs, phase, counters, failures, gauges: { outstanding, open }, histograms };
}

/** Renames the component `nginx` to `proxy`, its current name. */
function renamed(value: unknown): Fields {
  const { component, ...rest } = fields(value);
  return { ...rest, component: component === 'nginx' ? 'proxy' : component };
}

/** Returns an object's fields; empty for any other value. */
export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
