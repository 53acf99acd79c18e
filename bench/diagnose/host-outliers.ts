import type { RunFigures } from '../measure/figures.ts';
import type { HostFigures } from '../measure/hosts.ts';
import type { Notice } from '../model/finding.ts';
import type { Run } from '../model/run.ts';
import { notice } from '../wording/finding.ts';
import type { DifferingHost } from '../wording/hosts.ts';
import { LAG_FLOOR_US } from './schedule.ts';

/**
 * Between hosts of the same kind, CPU time per message commonly differs by less than this factor: clock
 * frequencies, hypervisors and neighbours alone account for differences of a third.
 */
const CPU_FACTOR = 1.5;
/**
 * Below this share of a core, timers account for most of a generator's CPU time, regardless of how much it
 * sends.
 */
const LEAST_CPU = 0.02;
/** Between identical hosts, p99 send lag varies by less than this factor. */
const LAG_FACTOR = 2;
/**
 * In an open loop, the schedule divides the messages evenly. A host that sends less than this fraction of its
 * share is late.
 */
const OPEN_SHARE = 0.9;
/**
 * In a closed loop, a more distant host sends fewer messages. A few network hops alone do not reduce a host's
 * share of the messages to this fraction of its share of the connections.
 */
const CLOSED_SHARE = 2 / 3;

/**
 * Names the hosts that differ from the others. The figures of a run combine all hosts, so in the percentiles,
 * a single slow host looks like a slow proxy.
 */
export function differingHosts({ plan }: Run, { hosts: all, steady }: RunFigures): Notice | null {
  const hosts = all.filter(({ role }) => role === 'generator');
  const perSecond = steady.durationUs === null ? 0 : (steady.sent * 1e6) / steady.durationUs;
  const leastShare = plan.workload.load?.kind === 'closed' ? CLOSED_SHARE : OPEN_SHARE;
  const differing = hosts.flatMap((host): DifferingHost[] => {
    const others = hosts.filter((each) => each !== host);
    const facts = {
      cpuUs: above(host, others, (each) => cpuUsPerMessage(each, perSecond), CPU_FACTOR, 0),
      lagUs: above(host, others, ({ sendLag }) => sendLag?.p99 ?? null, LAG_FACTOR, LAG_FLOOR_US),
      share: belowPlan(host, leastShare),
    };
    return Object.values(facts).every((each) => each === null) ? [] : [{ host: host.name, ...facts }];
  });
  return differing.length === 0 ? null : notice('warning', 'hosts-differ', { hosts: differing });
}

function cpuUsPerMessage({ cpu, share }: HostFigures, perSecond: number): number | null {
  const own = perSecond * (share.messages ?? 0);
  return cpu === null || cpu < LEAST_CPU || own === 0 ? null : (cpu * 1e6) / own;
}

/**
 * Returns a host's figure and the median of the other hosts if the host's figure is above a floor and exceeds
 * that median by the given factor; otherwise null.
 */
function above(
  host: HostFigures,
  others: readonly HostFigures[],
  figureOf: (host: HostFigures) => number | null,
  factor: number,
  floor: number,
): DifferingHost['cpuUs'] {
  const own = figureOf(host);
  const usual = median(others.flatMap((each) => figureOf(each) ?? []));
  return own === null || usual === null || own <= floor || own < usual * factor
    ? null
    : { own, others: usual };
}

/** Returns a host's shares of messages and connections if its share of messages is much lower; otherwise null. */
function belowPlan({ share }: HostFigures, least: number): DifferingHost['share'] {
  const { messages: own, connections: planned } = share;
  return own === null || planned === null || own >= planned * least ? null : { own, planned };
}

function median(figures: readonly number[]): number | null {
  const sorted = figures.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
