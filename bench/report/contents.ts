import type { Result } from '../model/result.ts';
import { conclusionOf } from './conclusion.ts';
import { isExternal } from './external.ts';
import { scenarioReport } from './scenario.ts';
import { calibration } from './section/calibration.ts';
import { CAPACITY_SECTIONS, lastConfiguration } from './section/capacity.ts';
import { claims } from './section/claims.ts';
import {
  BEHIND_ROUNDS,
  curvesOfRounds,
  effects,
  kindsOfNotices,
  rounds,
  verdicts,
} from './section/comparison.ts';
import { failures } from './section/failures.ts';
import { hasHosts, hosts } from './section/hosts.ts';
import { LADDER_SECTIONS, ladderRuns } from './section/ladder.ts';
import { notices } from './section/notices.ts';
import { price } from './section/price.ts';
import { httpLeg, protocols } from './section/protocols.ts';
import { runs } from './section/runs.ts';
import { configurations, setup } from './section/setup.ts';
import { SIZE_SECTIONS } from './section/size.ts';
import { spread } from './section/spread.ts';
import type { FoldedSection, Section, View } from './view.ts';

/** The sections in the report of one kind of result, in reading order. */
interface Contents {
  /** Sections that are always shown. */
  open: readonly ((view: View) => Section)[];
  /**
   * Sections with the supporting facts. Their titles and findings are always shown. The rest is only shown
   * when the reader opens the section.
   */
  folded: readonly ((view: View) => FoldedSection)[];
}

/** Sections that follow the scenario's sections in every report. */
const BEHIND_ALL = [notices, spread, failures, protocols, httpLeg, runs, setup, configurations];

/** Returns the sections of a result's report: those for its kind and those for its scenario. */
export function contentsOf(result: Result): Contents {
  const { open, folded, ofRounds } = scenarioReport(result);
  const behind = hasHosts(result.runs) ? [hosts, ...BEHIND_ALL] : BEHIND_ALL;
  const has = (kind: Parameters<typeof conclusionOf>[1]) => conclusionOf(result, kind) !== null;
  if (has('calibration'))
    return { open: [calibration], folded: [effects, rounds, curvesOfRounds, ...BEHIND_ROUNDS, setup] };
  if (has('comparison'))
    return {
      open: [verdicts, effects, ...ofRounds],
      folded: [rounds, ...BEHIND_ROUNDS, ...folded.filter((section) => section === claims), setup],
    };
  if (has('capacity')) return { open: CAPACITY_SECTIONS, folded: [lastConfiguration, kindsOfNotices, setup] };
  if (has('ladder'))
    return { open: LADDER_SECTIONS, folded: [ladderRuns, lastConfiguration, kindsOfNotices, setup] };
  if (has('size')) return { open: SIZE_SECTIONS, folded: [runs, lastConfiguration, kindsOfNotices, setup] };
  if (isExternal(result)) {
    const ofNginx: readonly unknown[] = [claims, configurations, httpLeg];
    return { open, folded: [...folded, ...behind].filter((section) => !ofNginx.includes(section)) };
  }
  return { open: has('price') ? [...open, price] : open, folded: [...folded, ...behind] };
}
