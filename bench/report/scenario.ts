import type { Result } from '../model/result.ts';
import { SCENARIOS } from '../scenarios/registry.ts';
import type { FoldedSection, Section, VariantView, View } from './view.ts';

/** The cells of a table by heading, in the order in which readers want them. */
export type Cells = readonly (readonly [heading: string, cell: string])[];

/** The exports of `sections.ts` in a scenario's folder: how reports describe its runs. */
export interface ScenarioReport {
  /** The answer for one variant, in a sentence or two. */
  answer(variant: VariantView): string;
  /** The same in figures, the name of the variant first; a dash for missing values. */
  cells(variant: VariantView): Cells;
  /** Headings of cells that contain words, which are aligned to the left. */
  words: readonly string[];
  /** The cells in lines, for terminals that are too narrow for a table. */
  lines: readonly { before: string; headings: readonly string[] }[];
  /** What the figures refer to. */
  remarks(view: View): string[];
  /** Sections that are always shown. */
  open: readonly ((view: View) => Section)[];
  /** Sections of which only title and finding are shown until the reader opens them. */
  folded: readonly ((view: View) => FoldedSection)[];
  /** Shown in comparisons, below the effects. */
  ofRounds: readonly ((view: View) => Section)[];
}

const REPORTS = new Map<string, ScenarioReport>(
  await Promise.all(
    SCENARIOS.map(async ({ name }): Promise<[string, ScenarioReport]> => {
      const module = await import(new URL(`../scenarios/${name}/sections.js`, import.meta.url).href);
      return [name, module.report];
    }),
  ),
);

/** How the results of a scenario are reported. */
export function scenarioReport({ plan }: Pick<Result, 'plan'>): ScenarioReport {
  const report = REPORTS.get(plan.scenario);
  if (report === undefined) throw new TypeError(`There is no scenario ${plan.scenario}.`);
  return report;
}
