import type { RunFigures } from '../measure/figures.ts';
import type { Run, Validity } from '../model/run.ts';
import { lateness, ofAllSeconds, type ScheduleDoubts } from './schedule.ts';
import { sentence, type Utilisation } from './utilisation.ts';
import { percent } from './words.ts';

/** A process counts as busy from this share of a core (Nginx) or of its event loop's time (Node). */
export const BUSY = 0.9;
/** CPUs shared by several processes count as full from this share. */
const SHARED_FULL = 0.95;
/**
 * All CPUs together count as full from this share. Processes that wait for each other leave some CPU time idle even
 * when thousands of messages are waiting: 26 of them on two CPUs, with a backlog of two seconds, used 90 %.
 */
const MACHINE_FULL = 0.85;

/**
 * Which component kept the run from going faster, with the evidence. The measured component comes first: a busy
 * Nginx (in `direct`: the echo server) is the answer that a benchmark looks for.
 *
 * @param doubts about its schedule
 */
export function limitOf(
  run: Run,
  figures: RunFigures,
  utilisation: Utilisation,
  doubts: ScheduleDoubts,
): Validity['limit'] {
  return (
    schedule(figures, utilisation, doubts) ??
    busyProcess(utilisation) ??
    lateSpinner(run, figures, utilisation, doubts) ??
    fullCpus(utilisation) ?? { component: 'none', evidence: idle(utilisation) }
  );
}

/** It did everything it was asked to, in time. */
function schedule(
  { offered }: RunFigures,
  utilisation: Utilisation,
  { rate, inTime, backlog }: ScheduleDoubts,
): Validity['limit'] | null {
  if (offered === null || offered.ratio === null || (rate ?? inTime ?? backlog) !== undefined) return null;
  const evidence = `${percent(offered.ratio)} of the ${Math.round(offered.perSecond)} messages/s that the schedule offered were echoed; ${sentence(utilisation)}`;
  return { component: 'schedule', evidence };
}

function busyProcess(utilisation: Utilisation): Validity['limit'] | null {
  const { proxy, server, generator } = { server: 0, generator: 0, ...known(utilisation) };
  const evidence = sentence(utilisation);
  if (proxy !== undefined && proxy >= BUSY) return { component: 'proxy', evidence };
  // In `direct`, a server that is about as busy as the generator is what was measured.
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

function lateSpinner(
  run: Run,
  figures: RunFigures,
  utilisation: Utilisation,
  doubts: ScheduleDoubts,
): Validity['limit'] | null {
  const late = lateness(ofAllSeconds(figures));
  if (run.plan.pacing !== 'spin' || doubts.lag === undefined || late === null) return null;
  const evidence = `it spins until the next message is due and still did not keep the schedule, its send lag p99 is ${late.lagUs} µs; ${sentence(utilisation)}`;
  return { component: 'generator', evidence };
}

function fullCpus(utilisation: Utilisation): Validity['limit'] | null {
  const { shared, machine, server, generator } = utilisation;
  if (shared !== null && shared.used >= SHARED_FULL) {
    const names = shared.components.map((component) => NAMES[component]).join(' and ');
    const evidence = `${names} share CPUs that were ${percent(shared.used)} used; ${sentence(utilisation)}`;
    if (shared.components.includes('proxy')) return { component: 'machine', evidence };
    return { component: (server ?? 0) > (generator ?? 0) ? 'server' : 'generator', evidence };
  }
  if (machine < MACHINE_FULL) return null;
  const evidence = `the CPUs are ${percent(machine)} used by all processes together, and none of them was busy by itself: ${sentence(utilisation)}`;
  return { component: 'machine', evidence };
}

const NAMES = { proxy: 'Nginx', server: 'echo server', generator: 'generator' };

function idle(utilisation: Utilisation): string {
  const { machine } = utilisation;
  const together = machine === 0 ? '' : `, and all together used ${percent(machine)} of the CPUs`;
  return `no process was busy${together}: ${sentence(utilisation)}`;
}
