import type { Result } from '../model/result.ts';
import { conclusionOf } from './conclusion.ts';
import { isExternal } from './external.ts';
import type { Contents } from './kinds/kind.ts';
import { kindOf } from './kinds/kinds.ts';
import { price } from './price.ts';
import { scenarioReport } from './scenario.ts';
import { claims } from './section/claims.ts';
import { failures } from './section/failures.ts';
import { hasHosts, hosts } from './section/hosts.ts';
import { notices } from './section/notices.ts';
import { httpLeg, protocols } from './section/protocols.ts';
import { runs } from './section/runs.ts';
import { configurations, setup } from './section/setup.ts';
import { spread } from './section/spread.ts';

/** Sections that follow the scenario's sections in every report. */
const BEHIND_ALL = [notices, spread, failures, protocols, httpLeg, runs, setup, configurations];

/** Returns the sections of a result's report: those for its kind, or else those for its scenario. */
export function contentsOf(result: Result): Contents {
  const ofScenario = scenarioReport(result);
  const of = kindOf(result);
  if (of !== null) return of.kind.contents(of.found, ofScenario);
  const { open, folded } = ofScenario;
  const behind = hasHosts(result.runs) ? [hosts, ...BEHIND_ALL] : BEHIND_ALL;
  if (isExternal(result)) {
    const ofProxy: readonly unknown[] = [claims, configurations, httpLeg];
    return { open, folded: [...folded, ...behind].filter((section) => !ofProxy.includes(section)) };
  }
  const hasPrice = conclusionOf(result, 'price') !== null;
  return { open: hasPrice ? [...open, price] : open, folded: [...folded, ...behind] };
}
