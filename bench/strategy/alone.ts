import type { RunSpec } from '../model/strategy.ts';

/** A run that has the machine to itself, as a strategy gives it; null: there is none left. */
export function alone(spec: RunSpec | null): RunSpec[] {
  return spec === null ? [] : [spec];
}
