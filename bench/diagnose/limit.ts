import type { RunFigures } from '../measure/figures.ts';
import type { Run, Validity } from '../model/run.ts';
import { finding } from '../wording/finding.ts';
import type { EvidenceFacts } from '../wording/validity.ts';
import { lateness, ofAllSeconds, type ScheduleDoubts, workFacts } from './schedule.ts';
import { busyFacts, type Utilisation } from './utilisation.ts';

/**
 * A process counts as busy if it uses at least this share of a core (Nginx) or of its event loop's time
 * (Node.js).
 */
const BUSY = 0.9;
/** CPUs shared by several processes count as saturated at this utilisation or above. */
const SHARED_FULL = 0.95;
/**
 * All CPUs together count as saturated at this utilisation or above. Processes that wait for each other leave
 * some CPU time idle even when thousands of messages are queued: 26 processes on two CPUs, with a backlog of
 * two seconds, used 90 %.
 */
const MACHINE_FULL = 0.85;

/** A run's bottleneck, and the evidence for it. */
export interface Limit {
  component: Validity['limit']['component'];
  evidence: EvidenceFacts;
}

/**
 * Determines a run's bottleneck, with the evidence. The measured component is considered first, because a
 * busy Nginx (in `direct`: a busy echo server) is what a benchmark tries to achieve.
 *
 * @param doubts about the run's schedule
 */
export function limitOf(
  run: Run,
  figures: RunFigures,
  utilisation: Utilisation,
  doubts: ScheduleDoubts,
): Limit {
  return (
    schedule(run, figures, utilisation, doubts) ??
    busyProcess(utilisation) ??
    lateSpinner(run, figures, utilisation, doubts) ??
    fullHost(figures, utilisation) ??
    (run.plan.target.kind === 'external' ? beyondView(utilisation) : fullCpus(utilisation)) ?? {
      component: 'none',
      evidence: { kind: 'idle', used: utilisation.machine, busy: busyFacts(utilisation) },
    }
  );
}

/** Converts a limit to the form in which a run stores it. */
export function limitFinding({ component, evidence }: Limit): Validity['limit'] {
  return { component, evidence: finding('limit', { evidence }) };
}

/** Returns the schedule as the limit if the run achieved the offered load on time. */
function schedule(
  run: Run,
  { offered }: RunFigures,
  utilisation: Utilisation,
  { rate, inTime, backlog }: ScheduleDoubts,
): Limit | null {
  if (offered === null || offered.ratio === null || (rate ?? inTime ?? backlog) !== undefined) return null;
  return {
    component: 'schedule',
    evidence: {
      kind: 'on-schedule',
      ratio: offered.ratio,
      perSecond: offered.perSecond,
      ...workFacts(run),
      busy: busyFacts(utilisation),
    },
  };
}

function busyProcess(utilisation: Utilisation): Limit | null {
  const { proxy, server, generator } = { server: 0, generator: 0, ...known(utilisation) };
  const evidence: EvidenceFacts = { kind: 'busy', busy: busyFacts(utilisation) };
  if (proxy !== undefined && proxy >= BUSY) return { component: 'proxy', evidence };
  // In `direct`, the server is the measured component, so it counts as the limit if it is about as busy as
  // the generator.
  if (proxy === undefined && server >= BUSY && server >= generator * 0.95)
    return { component: 'server', evidence };
  if (generator >= BUSY && generator >= server) return { component: 'generator', evidence };
  return server >= BUSY ? { component: 'server', evidence } : null;
}

function known({ proxy, server, generator }: Utilisation): {
  proxy?: number;
  server?: number;
  generator?: number;
} {
  return {
    ...(proxy === null ? {} : { proxy: proxy.busiest }),
    ...(server === null ? {} : { server }),
    ...(generator === null ? {} : { generator }),
  };
}

/**
 * Returns the limit of a run against an external server. An agent may have observed the proxy, but nothing
 * behind it was observed, so the limit may be a component that was not observed.
 */
function beyondView(utilisation: Utilisation): Limit {
  return { component: 'none', evidence: { kind: 'unobserved', busy: busyFacts(utilisation) } };
}

/**
 * Returns the machine as the limit if the CPUs of the host that runs Nginx are saturated, regardless of which
 * processes use them.
 */
function fullHost({ hosts }: RunFigures, utilisation: Utilisation): Limit | null {
  const used = hosts.find(({ role }) => role === 'proxy')?.used ?? null;
  if (used === null || used < SHARED_FULL) return null;
  return { component: 'machine', evidence: { kind: 'full-host', used, busy: busyFacts(utilisation) } };
}

function lateSpinner(
  run: Run,
  figures: RunFigures,
  utilisation: Utilisation,
  doubts: ScheduleDoubts,
): Limit | null {
  const late = lateness(ofAllSeconds(run, figures));
  if (run.plan.pacing !== 'spin' || doubts.lag === undefined || late === null) return null;
  return {
    component: 'generator',
    evidence: { kind: 'late-spinner', lagUs: late.lagUs, ...workFacts(run), busy: busyFacts(utilisation) },
  };
}

function fullCpus(utilisation: Utilisation): Limit | null {
  const { shared, machine, server, generator } = utilisation;
  const busy = busyFacts(utilisation);
  if (shared !== null && shared.used >= SHARED_FULL) {
    const { components, used } = shared;
    const evidence: EvidenceFacts = { kind: 'shared-cpus', components, used, busy };
    if (components.includes('proxy')) return { component: 'machine', evidence };
    return { component: (server ?? 0) > (generator ?? 0) ? 'server' : 'generator', evidence };
  }
  if (machine < MACHINE_FULL) return null;
  return { component: 'machine', evidence: { kind: 'full-cpus', used: machine, busy } };
}
