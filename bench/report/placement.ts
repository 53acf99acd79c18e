import type { Notice } from '../model/finding.ts';
import type { RunPlan } from '../model/plan.ts';
import { notice } from '../wording/finding.ts';
import { type CpuLists, placementText } from '../wording/notices.ts';
import type { StepView } from './view.ts';

/**
 * The CPUs to which each component of a run was pinned; the proxy's list is empty if the run has no proxy.
 * Null if the run was not pinned.
 */
export function placementOf({ placement, proxy }: RunPlan): CpuLists | null {
  if (placement === null) return null;
  const { server, generator, runner } = placement;
  return {
    proxy: proxy === null ? '' : placement.proxy.join(','),
    server: server.join(','),
    generator: generator.join(','),
    runner: runner.join(','),
  };
}

/**
 * Warns if the runs of a step were pinned to different CPUs, because these runs are compared with each other.
 * Returns null if all were pinned to the same CPUs.
 */
export function placementNotice({ step, runs }: StepView): Notice | null {
  const placed = runs.map(({ name, run }) => ({ variant: name, cpus: placementOf(run.plan) }));
  if (placed.every(({ cpus: a }) => placed.every(({ cpus: b }) => arePlacedAlike(a, b)))) return null;
  return notice('warning', 'placement-differs', { step, placed });
}

/**
 * Whether two runs were pinned to the same CPUs. If either run has no proxy, the proxy's CPUs are ignored.
 */
function arePlacedAlike(a: CpuLists | null, b: CpuLists | null): boolean {
  if (a === null || b === null) return a === b;
  const oneHasNone = a.proxy === '' || b.proxy === '';
  const [left, right] = [a, b].map((each) => placementText(oneHasNone ? { ...each, proxy: '' } : each));
  return left === right;
}
