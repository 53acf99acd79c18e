/**
 * Computes natural logarithms. On this scale, ratios become differences, so that doubling and halving are
 * equally large effects.
 *
 * @throws RangeError if a value is not a finite number above 0, because its ratio to other values would be
 *   undefined.
 */
export function logarithms(figures: readonly number[]): number[] {
  return figures.map((figure) => {
    if (!(figure > 0 && figure < Infinity))
      throw new RangeError(`Cannot form a ratio between ${figure} and another figure.`);
    return Math.log(figure);
  });
}
