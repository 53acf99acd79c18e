import { html, type Markup } from '../markup.ts';

const SIGNS = { same: ' ', removed: '−', added: '+' };

/** Line-by-line differences between two texts; null if the texts are equal. */
export function difference(before: string, after: string, label: string): Markup | null {
  const lines = diffLines(before.split('\n'), after.split('\n'));
  if (lines.every(({ kind }) => kind === 'same')) return null;
  return html`<pre class="diff" tabindex="0" aria-label="${label}">${hunksOf(lines).map((line) =>
    line === null
      ? html`<span class="gap">⋯
</span>`
      : html`<span class="${line.kind}">${SIGNS[line.kind]} ${line.text}
</span>`,
  )}</pre>`;
}

/**
 * Shows what the benchmark changed in a user's configuration in order to run it; the notices give the reasons.
 * Null if nothing was changed, or if the changes are unknown.
 */
export function sandboxDifference(
  proxy: { given: string | null; configuration: string } | null,
  name: string,
): Markup | null {
  if (proxy === null || proxy.given === null) return null;
  const changes = difference(proxy.given, proxy.configuration, `What the bench changed in ${name}`);
  return changes && html`<details><summary>What the bench changed in ${name}</summary>${changes}</details>`;
}

/** One line of the diff between two texts. */
export interface DiffLine {
  kind: 'same' | 'removed' | 'added';
  text: string;
}

/** Number of unchanged lines shown before and after a change. */
const CONTEXT = 2;

/** Computes the changes from one text to the other, based on their longest common subsequence of lines. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  const lengths = commonLengths(before, after);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [old, fresh] = [before[i], after[j]];
    if (old !== undefined && old === fresh) {
      lines.push({ kind: 'same', text: old });
      i++;
      j++;
    } else if (old !== undefined && (fresh === undefined || at(lengths, i + 1, j) >= at(lengths, i, j + 1))) {
      lines.push({ kind: 'removed', text: old });
      i++;
    } else if (fresh !== undefined) {
      lines.push({ kind: 'added', text: fresh });
      j++;
    }
  }
  return lines;
}

/** Keeps only the changes and the lines around them; null marks omitted lines. */
export function hunksOf(lines: readonly DiffLine[]): (DiffLine | null)[] {
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ kind }) => kind !== 'same'),
  );
  return lines.flatMap((line, index) => {
    if (near[index]) return [line];
    return index === 0 || near[index - 1] ? [null] : [];
  });
}

/** For each pair of positions, the length of the longest common subsequence of the remaining lines. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const longest =
        before[i] === after[j]
          ? at(lengths, i + 1, j + 1) + 1
          : Math.max(at(lengths, i + 1, j), at(lengths, i, j + 1));
      (lengths[i] as Uint32Array)[j] = longest;
    }
  }
  return lengths;
}

function at(lengths: readonly Uint32Array[], i: number, j: number): number {
  return lengths[i]?.[j] ?? 0;
}
