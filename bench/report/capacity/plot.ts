import type { CapacitySearch, Trial } from '../../model/capacity.ts';
import type { Condition } from '../../model/condition.ts';
import { formatShort } from '../../wording/format.ts';
import { bytesAxis } from '../axis.ts';
import { html, type Markup } from '../markup.ts';
import { logScale, type Scale } from '../scale.ts';
import { formatLevel, formatMetric, outcomeText } from './answer.ts';

/**
 * Size of the drawing. It is small, so that it remains readable on a narrow screen, and is enlarged on a wide
 * screen.
 */
const WIDTH = 600;
const HEIGHT = 300;
const LEFT = 86;
const RIGHT = WIDTH - 18;
const TOP = 24;
const BOTTOM = HEIGHT - 56;
/** Size of a label's characters on a narrow screen, where they are largest relative to the plot. */
const CHARACTER = { width: 10, height: 20 };

/**
 * Plots the trials by level, with the figure of one objective, its limit as a line, and the interval as a
 * band.
 */
export function trialsPlot(capacity: CapacitySearch, index: number): Markup | null {
  const objective = capacity.objectives[index];
  const shown = capacity.trials.flatMap((trial, number) => {
    const figure = trial.figures[index] ?? null;
    return figure === null ? [] : [{ trial, figure, number: number + 1 }];
  });
  if (objective === undefined || shown.length === 0) return null;
  const { axis, interval } = capacity;
  const x = logScale(
    shown.map(({ trial }) => trial.level),
    LEFT,
    RIGHT,
  );
  const figures = [...shown.map(({ figure }) => figure), objective.limit];
  // Leaves room for the number above the highest point.
  const values = [...figures, Math.max(...figures) * 1.2];
  const y = valueScale(values, objective);
  const title = `${objective.metric} by ${axis.over === 'rate' ? 'messages per second' : 'number of WebSockets'}`;
  const trials = shown.map(
    ({ trial, figure, number }) =>
      `trial ${number} at ${formatLevel(trial.level, axis)}: ${formatMetric(figure, objective)}, ${outcomeText(trial)}`,
  );
  return html`<figure class="plotted"><h3>${title}</h3><p class="how">Dashed line: the objective ${objective.text}.</p>
<svg class="plot levels" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}. ${trials.join('; ')}">
${band(interval, x)}
${grid(x, y, objective)}
<line class="zero" x1="${LEFT}" y1="${y.at(objective.limit)}" x2="${RIGHT}" y2="${y.at(objective.limit)}"/>
${shown.map(({ trial, figure }) => point(trial, x.at(trial.level), y.at(figure)))}
${labels(shown.map(({ trial, figure, number }) => ({ x: x.at(trial.level), y: y.at(figure), number })))}
<text class="tick" x="${(LEFT + RIGHT) / 2}" y="${HEIGHT - 8}">${axis.over === 'rate' ? 'messages per second' : 'WebSockets'}</text>
</svg></figure>
`;
}

/** Objectives worth plotting: all except those whose figure is the same in every trial. */
export function plottedObjectives({ objectives, trials }: CapacitySearch): number[] {
  const indices = objectives.map((_, index) => index);
  const differing = indices.filter((index) => new Set(trials.map(({ figures }) => figures[index])).size > 1);
  return differing.length > 0 ? differing : indices.slice(0, 1);
}

function band([low, high]: CapacitySearch['interval'], x: Scale): Markup {
  const from = low === null ? LEFT : x.at(low);
  const to = high === null ? RIGHT : x.at(high);
  return html`<rect class="negligible" x="${from}" y="${TOP}" width="${Math.max(0, to - from)}" height="${BOTTOM - TOP}"/>`;
}

function grid(x: Scale, y: Scale, objective: Condition): Markup {
  return html`${x.ticks.map(
    (
      tick,
    ) => html`<line class="grid" x1="${x.at(tick)}" y1="${TOP}" x2="${x.at(tick)}" y2="${BOTTOM}"/><text class="tick" x="${x.at(tick)}" y="${BOTTOM + 20}">${formatShort(tick)}</text>
`,
  )}${y.ticks.map(
    (
      tick,
    ) => html`<line class="grid" x1="${LEFT}" y1="${y.at(tick)}" x2="${RIGHT}" y2="${y.at(tick)}"/><text class="name" x="${LEFT - 8}" y="${y.at(tick) + 4}">${formatMetric(tick, objective)}</text>
`,
  )}`;
}

/**
 * Draws a trial: a circle if it met the objectives, a diamond if it missed them, a square if it was
 * inconclusive.
 */
function point({ met, elsewhere }: Trial, x: number, y: number): Markup {
  if (met) return html`<g class="better"><circle cx="${x}" cy="${y}" r="5"/></g>`;
  return elsewhere === null
    ? html`<g class="worse"><path d="M${x} ${y - 7} L${x + 7} ${y} L${x} ${y + 7} L${x - 7} ${y} Z"/></g>`
    : html`<g class="unknown"><rect x="${x - 5}" y="${y - 5}" width="10" height="10"/></g>`;
}

/** Labels each point with the number of its trial. Points whose labels would overlap share one. */
function labels(points: readonly { x: number; y: number; number: number }[]): Markup {
  const groups: { x: number; y: number; numbers: number[] }[] = [];
  for (const { x, y, number } of points.toSorted((a, b) => a.x - b.x)) {
    const group = groups.find(
      (each) =>
        Math.abs(each.y - y) < CHARACTER.height &&
        x - each.x < (widthOf(each.numbers) + widthOf([number])) / 2 + CHARACTER.width,
    );
    if (group === undefined) groups.push({ x, y, numbers: [number] });
    else {
      const { numbers } = group;
      group.x = (group.x * numbers.length + x) / (numbers.length + 1);
      group.y = Math.min(group.y, y);
      numbers.push(number);
    }
  }
  return html`${groups.map((group) => {
    const { x, numbers } = group;
    const near = points.filter((each) => Math.abs(each.x - x) < widthOf(numbers) / 2 + CHARACTER.width);
    // Places the label below its points if another label is already above them.
    const isTaken = near.some(({ y }) => y < group.y && group.y - y < 2 * CHARACTER.height);
    const lowest = Math.max(...near.filter(({ number }) => numbers.includes(number)).map(({ y }) => y));
    const y = isTaken ? lowest + 10 + CHARACTER.height / 2 : group.y - 10;
    return html`<text class="tick" x="${x}" y="${y}">${labelOf(numbers)}</text>`;
  })}`;
}

function labelOf(numbers: readonly number[]): string {
  return numbers.toSorted((a, b) => a - b).join(', ');
}

function widthOf(numbers: readonly number[]): number {
  return labelOf(numbers).length * CHARACTER.width;
}

function valueScale(values: readonly number[], { unit }: Condition): Scale {
  if (unit !== 'bytes' && values.every((value) => value > 0)) return logScale(values, BOTTOM, TOP);
  const most = Math.max(1, ...values);
  const { max, ticks } =
    unit === 'bytes' ? bytesAxis('', 'bytes', most) : { max: undefined, ticks: [0, most] };
  const at = (value: number) => BOTTOM + (value / (max ?? most)) * (TOP - BOTTOM);
  return { at, ticks: ticks ?? [] };
}
