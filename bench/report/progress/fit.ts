import stringWidth from 'string-width';

const ELLIPSIS = '…';
const graphemes = new Intl.Segmenter();

/** The text in at most so many columns of a terminal; what is cut off is told by an ellipsis. */
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

/** As many of the parts as fit beside each other, and of the first as much as fits. */
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

/** The text with spaces behind it, so wide. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stringWidth(text)));
}

/** A share (0..1, more is drawn as 1) as a bar of so many columns. */
export function bar(share: number, columns: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * columns);
  return '█'.repeat(full) + '░'.repeat(columns - full);
}
