import { html, type Markup } from './markup.ts';
import { formatTime } from './page/format.ts';

/** A time over all seconds (µs), followed by the same over the undisturbed seconds in brackets. */
export function besideTime(all: number | null | undefined, calm: number | null | undefined): Markup {
  return html`${formatTime(all)} <span class="beside">(${formatTime(calm)})</span>`;
}
