import { Problem } from '../model/failure.ts';
import type { Notice } from '../model/notice.ts';
import type { Side } from '../plan/variants.ts';
import type { Services } from './services.ts';

/** The sides that can be run here, and a notice for each that is passed over. */
export interface FitSides {
  sides: Side[];
  notices: Notice[];
}

/**
 * Passes over the sides for which this Nginx lacks a module.
 *
 * @param suffices Whether there is something left to measure.
 * @throws Problem('environment') where there is not.
 */
export async function fitSides(
  all: readonly Side[],
  suffices: (sides: readonly Side[]) => boolean,
  nginx: Parameters<Services['missingModule']>[1],
  services: Services,
): Promise<FitSides> {
  const sides: Side[] = [];
  const notices: Notice[] = [];
  for (const side of all) {
    const missing = await services.missingModule(side, nginx);
    if (missing === null) sides.push(side);
    else {
      const text = `${side.variant.name} is passed over: ${missing}`;
      notices.push({ level: 'warning', code: 'variant-passed-over', text });
    }
  }
  if (suffices(sides)) return { sides, notices };
  throw new Problem('environment', notices.map(({ text }) => text).join(' '));
}
