import { html, type Markup } from '../report/markup.ts';

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** Splits a UTC time in ISO format, as written by the benchmark; null for any other text. */
function partsOf(time: string): readonly [date: string, clock: string] | null {
  const [, year, month, day, clock] =
    /^(\d{4})-(0[1-9]|1[0-2])-(\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z$/.exec(time) ?? [];
  if (year === undefined || clock === undefined || Number.isNaN(Date.parse(time))) return null;
  return [`${Number(day)} ${MONTHS[Number(month) - 1]} ${year}`, clock];
}

/** Formats a date as `24 Nov 2026`. Any other text is returned unchanged. */
export function dateText(time: string): string {
  return partsOf(time)?.[0] ?? time;
}

/** Creates machine-readable markup for a time, displayed as `24 Nov 2026, 12:38 UTC`. */
export function timeMarkup(time: string): Markup {
  const parts = partsOf(time);
  return parts === null
    ? html`${time}`
    : html`<time datetime="${time}">${parts[0]}, <span class="beside">${parts[1]} UTC</span></time>`;
}

/** Returns a time in RFC 3339 format, or the start of 1970 if the text is not a time. */
export function rfc3339(time: string | null): string {
  return time !== null && partsOf(time) !== null ? time : '1970-01-01T00:00:00Z';
}
