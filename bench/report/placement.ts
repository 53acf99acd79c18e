import type { Notice } from '../model/notice.ts';
import type { Placement, RunPlan } from '../model/plan.ts';
import type { StepView } from './view.ts';

const NAMES: [component: keyof Placement, name: string][] = [
  ['proxy', 'Nginx'],
  ['server', 'servers'],
  ['generator', 'generators'],
  ['runner', 'runner'],
];

/** The CPUs of each component: `Nginx 1; servers 0; generators 0; runner 0`. */
export function placementText({ placement, proxy }: RunPlan): string {
  if (placement === null) return 'where the kernel put them';
  return NAMES.filter(([component]) => placement[component].length > 0 && (component !== 'proxy' || proxy))
    .map(([component, name]) => `${name} ${placement[component].join(',')}`)
    .join('; ');
}

/** Everything that is compared should have the same placement. Returns a warning for a step in which it did not. */
export function placementNotice({ step, runs }: StepView): Notice | null {
  const plans = runs.map(({ run }) => run.plan);
  if (plans.every((a) => plans.every((b) => arePlacedAlike(a, b)))) return null;
  const told = runs.map(({ name, run }) => `${name}: ${placementText(run.plan)}`);
  return {
    level: 'warning',
    code: 'placement-differs',
    text: `In the step ${step} not all variants ran on the same CPUs, and a difference between them may come from that. ${told.join('. ')}.`,
  };
}

/** Without Nginx, its CPU stays idle. That alone does not make the placement different. */
function arePlacedAlike(a: RunPlan, b: RunPlan): boolean {
  if (a.placement === null || b.placement === null) return a.placement === b.placement;
  const { placement: left } = a;
  const { placement: right } = b;
  return NAMES.every(
    ([component]) =>
      (component === 'proxy' && (a.proxy === null || b.proxy === null)) ||
      `${left[component]}` === `${right[component]}`,
  );
}
