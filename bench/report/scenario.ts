import type { Result } from '../model/result.ts';
import { isBuiltIn, SCENARIOS } from '../scenarios/registry.ts';
import { NOTHING } from '../wording/format.ts';
import { type OwnSections, ownReport } from './own-scenario.ts';
import type { FoldedSection, Section, VariantView, View } from './view.ts';

/** Table cells with their headings, in reading order. */
export type Cells = readonly (readonly [heading: string, cell: string])[];

/** Explains what the cells under certain headings contain. */
export type Explanation = readonly [headings: readonly string[], meaning: string];

/**
 * Describes a scenario's runs in reports. Implemented by the exports of `sections.ts` in the scenario's
 * folder.
 */
export interface ScenarioReport {
  /** Summary of one variant, in a sentence or two. */
  answer(variant: VariantView): string;
  /** Figures that summarise one variant, starting with its name; missing values are dashes. */
  cells(variant: VariantView): Cells;
  /** Headings of the cells that contain words. These cells are aligned to the left. */
  words: readonly string[];
  /**
   * Headings that are left out if no variant has a value. For example, headings about Nginx are left out in
   * results without Nginx.
   */
  optional: readonly string[];
  /** How the cells are arranged in lines if the terminal is too narrow for a table. */
  lines: readonly { before: string; headings: readonly string[] }[];
  /** Explains the headings. Headings that are left out of the table are not explained. */
  legend(view: View): readonly Explanation[];
  /** Further remarks about the figures. */
  remarks(view: View): string[];
  /** Sections that are always expanded. */
  open: readonly ((view: View) => Section)[];
  /** Sections that show only title and finding until the reader opens them. */
  folded: readonly ((view: View) => FoldedSection)[];
  /** Sections of a comparison, shown below its effects. */
  ofRounds: readonly ((view: View) => Section)[];
}

const REPORTS = new Map<string, ScenarioReport>(
  await Promise.all(
    SCENARIOS.filter(({ name }) => isBuiltIn(name)).map(
      async ({ name }): Promise<[string, ScenarioReport]> => {
        const module = await import(new URL(`../scenarios/${name}/sections.js`, import.meta.url).href);
        return [name, module.report];
      },
    ),
  ),
);

const sectionsOf = new Map<string, OwnSections>();

/** Adds the sections of a user's scenario to the reports of its results. */
export function addSections(scenario: string, sections: OwnSections): void {
  sectionsOf.set(scenario, sections);
}

/**
 * Returns the table of variants and the explanation of its headings. Optional headings are left out if no
 * variant has a value for them.
 */
export function summaryTable(
  { cells, optional, legend }: ScenarioReport,
  view: View,
): { rows: Cells[]; legend: string } {
  const all = view.variants.map(cells);
  const absent = optional.filter((heading) =>
    all.every((row) => row.every(([each, cell]) => each !== heading || cell === NOTHING)),
  );
  const explained = legend(view).flatMap(([headings, meaning]) => {
    const shown = headings.filter((heading) => !absent.includes(heading));
    return shown.length === 0 ? [] : [`${shown.join(', ')}: ${meaning}.`];
  });
  return {
    rows: all.map((row) => row.filter(([heading]) => !absent.includes(heading))),
    legend: explained.join(' '),
  };
}

/** Returns how results of the planned scenario are reported. */
export function scenarioReport({ plan }: Pick<Result, 'plan'>): ScenarioReport {
  const { scenario, declared } = plan;
  const report =
    declared === undefined ? REPORTS.get(scenario) : ownReport(declared, sectionsOf.get(scenario) ?? null);
  if (report === undefined) throw new TypeError(`There is no scenario ${plan.scenario}.`);
  return report;
}
