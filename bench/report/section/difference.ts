import { diffLines, hunksOf } from '../comparison/diff.ts';
import { html, type Markup } from '../markup.ts';

const SIGNS = { same: ' ', removed: '−', added: '+' };

/** The differences between two texts, line by line; null if they are equal. */
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

/** What the bench changed in a configuration to run it; the notices give the reasons. Null if unknown. */
export function sandboxDifference(
  proxy: { given: string | null; configuration: string } | null,
  name: string,
): Markup | null {
  if (proxy === null || proxy.given === null) return null;
  const changes = difference(proxy.given, proxy.configuration, `What the bench changed in ${name}`);
  return changes && html`<details><summary>What the bench changed in ${name}</summary>${changes}</details>`;
}
