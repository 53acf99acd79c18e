import { PROXY } from '../model/proxy.ts';
import type { ResultIndex, RunSummary } from '../model/result.ts';
import { machineText } from '../report/calibration.ts';
import { html, type Markup } from '../report/markup.ts';
import { compareTexts, type Published, type Series } from './series.ts';

/** Filters on the index page. */
const FACETS = [
  ['profile', 'Profile'],
  ['variant', 'Variant'],
  ['step', 'Step'],
  ['machine', 'Machine'],
  ['nginx', PROXY],
  ['series', 'Series'],
  ['label', 'Label'],
] as const;
type Facet = (typeof FACETS)[number][0];

/** An index item's values for each facet. */
export type Traits = Readonly<Record<Facet, ReadonlySet<string>>>;

/** Facets with more than one value, and their values in order. */
export type Choices = readonly (readonly [facet: Facet, title: string, values: readonly string[]])[];

export function traitsOfResult({ index }: Published): Traits {
  return traitsOf(index, index.runs);
}

/** Collects the values of a series' facets over all its results. */
export function traitsOfSeries({ answers }: Series, indexes: ReadonlyMap<string, ResultIndex>): Traits {
  const parts = answers.flatMap(({ folder, runs }) => {
    const index = indexes.get(folder);
    return index === undefined ? [] : [traitsOf(index, runs)];
  });
  const union = (facet: Facet) => new Set(parts.flatMap((part) => [...part[facet]]));
  return Object.fromEntries(FACETS.map(([facet]) => [facet, union(facet)])) as Record<Facet, Set<string>>;
}

function traitsOf({ plan, environment }: ResultIndex, runs: readonly RunSummary[]): Traits {
  return {
    profile: new Set(runs.map(({ profile }) => profile)),
    variant: new Set(runs.map(({ variant }) => variant)),
    step: new Set(runs.map(({ step }) => step)),
    machine: new Set([machineText(environment)]),
    nginx: new Set(runs.flatMap(({ nginx }) => nginx ?? [])),
    series: new Set(plan.series === null ? [] : [plan.series]),
    label: new Set(Object.entries(plan.labels).map(([key, value]) => `${key}=${value}`)),
  };
}

export function choicesOf(all: readonly Traits[]): Choices {
  return FACETS.map(([facet, title]) => {
    const values = new Set(all.flatMap((traits) => [...traits[facet]]));
    return [facet, title, [...values].sort(compareTexts)] as const;
  }).filter(([, , values]) => values.length > 1);
}

/**
 * Returns the filter tokens that the script uses, such as `profile-0 step-1`. They contain numbers, because
 * names may contain any character.
 */
export function tokensOf(traits: Traits, choices: Choices): string {
  return choices
    .flatMap(([facet, , values]) =>
      values.flatMap((value, at) => (traits[facet].has(value) ? [`${facet}-${at}`] : [])),
    )
    .join(' ');
}

/**
 * Creates the filter form. It is hidden until the script shows it, because the filters require the script.
 */
export function filterForm(choices: Choices): Markup {
  const fields = choices.map(
    ([facet, title, values]) => html`<label for="filter-${facet}">${title}
<select id="filter-${facet}" name="${facet}"><option value="">all</option>${values.map((value, at) => html`<option value="${facet}-${at}">${value}</option>`)}</select></label>
`,
  );
  return html`<form class="filters" id="filters" aria-label="Filters" hidden>
${fields}<button type="reset">Show all</button>
<p id="matches" role="status"></p>
</form>
`;
}
