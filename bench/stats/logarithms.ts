/**
 * Natural logarithms of figures. On this scale a ratio is a difference, and double is as far as half.
 *
 * @throws RangeError if a figure is not a finite number above 0, because it has no ratio to another.
 */
export function logarithms(figures: readonly number[]): number[] {
  return figures.map((figure) => {
    if (!(figure > 0 && figure < Infinity)) throw new RangeError(`${figure} has no ratio to another figure.`);
    return Math.log(figure);
  });
}
