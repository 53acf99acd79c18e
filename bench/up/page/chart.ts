import { KEPT_SECONDS, type Second } from './latencies.ts';

const SVG = 'http://www.w3.org/2000/svg';
/** Edges of the drawing area, in pixels. */
const LEFT = 56;
const MARGIN = 16;
const TOP = 12;
const BOTTOM = 212;
const LINES = ['max', 'p99', 'p50'] as const;

/** Draws the response times of the last minute; a second without response times leaves a gap. */
export function drawChart(svg: SVGSVGElement, seconds: readonly Second[]): void {
  const right = svg.clientWidth - MARGIN;
  const labelEvery = svg.clientWidth < 480 ? 20 : 10;
  const top = ceiling(Math.max(...seconds.map(({ max }) => max)));
  const first = Math.max(0, (seconds.at(-1)?.at ?? 0) + 1 - KEPT_SECONDS);
  const x = (at: number) => LEFT + ((at - first + 0.5) / KEPT_SECONDS) * (right - LEFT);
  const y = (ms: number) => BOTTOM - (ms / top) * (BOTTOM - TOP);
  const marks: Element[] = [];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const at = y(share * top);
    marks.push(element('line', { x1: LEFT, x2: right, y1: at, y2: at }));
    marks.push(element('text', { x: LEFT - 6, y: at + 4, 'text-anchor': 'end' }, `${share * top} ms`));
  }
  for (let at = Math.ceil(first / labelEvery) * labelEvery; at <= first + KEPT_SECONDS; at += labelEvery) {
    const place = LEFT + ((at - first) / KEPT_SECONDS) * (right - LEFT);
    marks.push(element('text', { x: place, y: BOTTOM + 18, 'text-anchor': 'middle' }, `${at} s`));
  }
  for (const name of LINES)
    for (const part of unbroken(seconds)) {
      const points = part.map((second) => `${x(second.at).toFixed(1)},${y(second[name]).toFixed(1)}`);
      // A single point is drawn as a short line.
      if (points.length === 1) points.push(...points.map((point) => point.replace(/^[\d.]+/, shifted)));
      marks.push(element('polyline', { class: name, points: points.join(' ') }));
    }
  svg.replaceChildren(...marks);
}

function shifted(x: string): string {
  return (Number(x) + 3).toFixed(1);
}

/** Splits the seconds into sequences of consecutive seconds that have response times. */
export function unbroken(seconds: readonly Second[]): Second[][] {
  const parts: Second[][] = [];
  let before: Second | undefined;
  for (const second of seconds) {
    if (second.count > 0) {
      if (before === undefined || before.count === 0) parts.push([]);
      parts.at(-1)?.push(second);
    }
    before = second;
  }
  return parts;
}

/** Rounds up to 1, 2 or 5 times a power of ten; at least 1 ms. */
export function ceiling(ms: number): number {
  if (ms <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(ms));
  return [1, 2, 5].map((step) => step * power).find((step) => step >= ms) ?? 10 * power;
}

function element(name: string, attributes: Record<string, string | number>, text = ''): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.textContent = text;
  return made;
}
