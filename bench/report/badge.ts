import { mark } from './mark.ts';
import { html, type Markup } from './markup.ts';
import { verdictOf } from './verdict.ts';
import type { RunView } from './view.ts';

/** The state of a run in one word, with a symbol in addition to the colour. `what` is written before it. */
export function badge(view: RunView, what = ''): Markup {
  const verdict = verdictOf(view);
  const [kind, sign] = badgeKind(view);
  return html`<span class="badge ${kind}">${mark(sign)} ${what === '' ? '' : `${what}: `}${verdict}</span>`;
}

function badgeKind({ run }: RunView): ['bad', 'no'] | ['good', 'yes'] | ['warn', 'attention'] {
  if (run.outcome.state !== 'completed') return ['bad', 'no'];
  return run.validity.verdict === 'valid' ? ['good', 'yes'] : ['warn', 'attention'];
}
