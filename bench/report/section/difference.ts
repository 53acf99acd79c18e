import { diffLines, hunksOf } from '../comparison/diff.ts';
import { html, type Markup } from '../markup.ts';

const SIGNS = { same: ' ', removed: '−', added: '+' };

/** What makes one text of the other, line by line; null where both are the same. */
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

/** What the bench changed in a configuration to run it, beside the notices that say why; nothing where it is not known. */
export function sandboxDifference(
  proxy: { given: string | null; configuration: string } | null,
  name: string,
): Markup | null {
  if (proxy === null || proxy.given === null) return null;
  const changes = difference(proxy.given, proxy.configuration, `What the bench changed in ${name}`);
  return changes && html`<details><summary>What the bench changed in ${name}</summary>${changes}</details>`;
}
