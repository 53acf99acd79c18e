/**
 * Solves a system of linear equations by Gaussian elimination with partial pivoting. Overwrites the matrix,
 * whose columns should be of similar magnitude.
 *
 * @param matrix one row per equation, with the right-hand side as its last column
 * @returns null if the matrix is singular
 */
export function eliminate(matrix: number[][]): number[] | null {
  const n = matrix.length;
  for (let column = 0; column < n; column++) {
    const below = matrix.slice(column).map((row) => Math.abs(row[column] as number));
    const pivot = column + below.indexOf(Math.max(...below));
    const [top, chosen] = [matrix[column] as number[], matrix[pivot] as number[]];
    if (Math.abs(chosen[column] as number) < 1e-13) return null;
    [matrix[column], matrix[pivot]] = [chosen, top];
    for (let row = 0; row < n; row++) {
      if (row === column) continue;
      const each = matrix[row] as number[];
      const factor = (each[column] as number) / (chosen[column] as number);
      for (let at = column; at <= n; at++) each[at] = (each[at] as number) - factor * (chosen[at] as number);
    }
  }
  return matrix.map((row, at) => (row[n] as number) / (row[at] as number));
}
