/**
 * Natural logarithms of figures: on this scale a ratio is a difference, and twice as much is as far as half.
 *
 * @throws RangeError when a figure is not a finite number above 0: it has no ratio to another one.
 */
export function logarithms(figures: readonly number[]): number[] {
  return figures.map((figure) => {
    if (!(figure > 0 && figure < Infinity)) throw new RangeError(`${figure} has no ratio to another figure.`);
    return Math.log(figure);
  });
}
