import stringWidth from 'string-width';

const ELLIPSIS = '…';
const graphemes = new Intl.Segmenter();

/** Fits text into this many terminal columns. An ellipsis marks what is cut off. */
export function fitted(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  if (columns < 1) return '';
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    if (stringWidth(kept + segment) > columns - 1) break;
    kept += segment;
  }
  return kept.trimEnd() + ELLIPSIS;
}

/** Joins as many parts as fit, and truncates the first if necessary. */
export function joined(parts: readonly string[], columns: number, separator = ' · '): string {
  const [first = '', ...others] = parts;
  let line = first;
  for (const part of others) {
    const longer = line + separator + part;
    if (stringWidth(longer) > columns) break;
    line = longer;
  }
  return fitted(line, columns);
}

/** Pads the text with spaces to this width. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stringWidth(text)));
}

/** A share (0 to 1, larger values are drawn as 1) as a bar of this many columns. */
export function bar(share: number, columns: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * columns);
  return '█'.repeat(full) + '░'.repeat(columns - full);
}
