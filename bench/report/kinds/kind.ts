import type { OverallVerdict } from '../../model/comparison.ts';
import type { Conclusion } from '../../model/conclusion.ts';
import type { RunPlan } from '../../model/plan.ts';
import type { Result, ResultIndex } from '../../model/result.ts';
import type { JsonSummary } from '../json.ts';
import type { ScenarioReport } from '../scenario.ts';
import type { FoldedSection, Section, View } from '../view.ts';

/** The kinds of results that have a conclusion of their own. All other results consist only of runs. */
export type KindName = 'comparison' | 'capacity' | 'ladder' | 'size' | 'calibration';
export type ConclusionOf<K extends KindName> = Extract<Conclusion, { kind: K }>;

/** Describes results of one kind in all outputs. */
export interface ResultKind<K extends KindName = KindName> {
  contents(found: ConclusionOf<K>, ofScenario: ScenarioReport): Contents;
  /** The subject that the report's title names; missing if the title names the variants. */
  subject?(result: Result): string;
  /** Sentence that describes the load of the runs; null if each step has a load of its own. */
  load(found: ConclusionOf<K>, view: View): string | null;
  /** The summary on a terminal. */
  text(found: ConclusionOf<K>, result: Result): Summary;
  /** The summary as Markdown; null to use the summary of the runs. */
  markdown(found: ConclusionOf<K>, result: Result): TitledSummary | null;
  /** The fields that this kind adds to the output of `--json`. */
  json(found: ConclusionOf<K>): Partial<JsonSummary>;
  /** The main finding, as shown in lists of results. */
  headline(found: ConclusionOf<K>, index: ResultIndex): Omit<Headline, 'kind'>;
  /** Whether the runs are chosen one by one, so that no run counts as missing if the bench ends early. */
  isSearch: boolean;
  /** Clauses that distinguish a run in progress from other runs of the same variant and step. */
  runClauses(plan: RunPlan, found: ConclusionOf<K>, all: readonly Conclusion[]): string[];
  /** The outcome so far, as lines that consist of clauses. */
  soFar(found: ConclusionOf<K>, all: readonly Conclusion[]): string[][];
}

/** The sections in the report of one kind of result, in reading order. */
export interface Contents {
  /** Sections that are always shown. */
  open: readonly ((view: View) => Section)[];
  /**
   * Sections with the supporting facts. Their titles and findings are always shown. The rest is only shown
   * when the reader opens the section.
   */
  folded: readonly ((view: View) => FoldedSection)[];
}

/** Sentences, followed by blocks. */
export interface Summary {
  sentences: readonly string[];
  blocks: readonly Block[];
}

export interface TitledSummary extends Summary {
  title: string;
}

/** A paragraph, a list of lines, or a table. An empty list is left out. */
export type Block = string | readonly string[] | SummaryTable;

export interface SummaryTable {
  head: readonly string[];
  rows: readonly (readonly string[])[];
  /** Indexes of the columns that contain words; all other columns contain figures. */
  words: readonly number[];
  /** Explains the columns; missing if they need no explanation. */
  note?: string;
  /** Whether the table is left out if it has no rows. */
  isOptional?: boolean;
}

/** The main finding of a result that contains more than individual runs. */
export interface Headline {
  kind: KindName;
  /** Title, such as `tls compared with plain`. */
  title: string;
  lines: readonly HeadlineLine[];
}

/** One sentence of a finding, or a few closely related ones. */
export interface HeadlineLine {
  sentence: string;
  /** The verdict stated by the sentence; null if it does not state a verdict on a variant. */
  verdict: OverallVerdict | null;
}

/** Lines that state no verdict on a variant. */
export function withoutVerdict(sentences: readonly string[]): HeadlineLine[] {
  return sentences.map((sentence) => ({ sentence, verdict: null }));
}
