import { printable } from '../../model/printable.ts';
import type { Result } from '../../model/result.ts';
import { textTable } from '../text-table.ts';
import { doubtLines, pairSentence, priceColumns, priceOf, priceRows, priceSentence } from './words.ts';

/** The price of the proxy, shown below the answers; empty if it was not requested. Ends with a line break. */
export function priceText(result: Result): string {
  const price = priceOf(result);
  if (price === null) return '';
  const lines = [
    '',
    'The price of the proxy',
    ...price.variants.map((each) => priceSentence(each, price.baseline)),
    pairSentence(price),
    '',
    ...textTable(priceColumns(price), priceRows(price), [0]),
    ...doubtLines(price),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}
