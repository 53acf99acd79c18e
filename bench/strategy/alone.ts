import type { RunSpec } from '../model/strategy.ts';

/** Wraps a run that has the machine to itself, as a strategy returns it. Null means that nothing is left to run. */
export function alone(spec: RunSpec | null): RunSpec[] {
  return spec === null ? [] : [spec];
}
