import type { Run } from '../model/run.ts';
import { total } from './arithmetic.ts';
import type { Span } from './span.ts';

/**
 * Counts handshakes that failed in a span. A slice, which covers about a second, belongs to the span if its midpoint
 * does.
 */
export function failedHandshakes({ slices }: Pick<Run, 'slices'>, { startUs, endUs }: Span): number {
  const within = slices.filter((slice) => {
    const middleUs = (slice.startUs + slice.endUs) / 2;
    return middleUs >= startUs && middleUs < endUs;
  });
  return total(
    within.flatMap(({ failures }) =>
      Object.entries(failures).map(([key, count]) => (key.startsWith('open/') ? 0 : count)),
    ),
  );
}
