import { directives, texts } from '../../nginx/tree.ts';
import { finding } from '../../wording/finding.ts';
import { type Evidence, evidence, type LintFinding } from '../finding.ts';
import type { Seen } from '../observation.ts';
import { SHORT_SECONDS } from '../shortened.ts';
import type { Rule } from '../subject.ts';

/** Reports the effect of a reload on open WebSockets. */
export const shutdown: Rule = ({ tree, isPart, candidates, seen }): LintFinding[] => {
  if (isPart || candidates.length === 0) return [];
  const [written] = directives(tree, 'worker_shutdown_timeout');
  const base = { rule: 'worker-shutdown-timeout', level: 'note' } as const;
  if (written === undefined) {
    return [
      {
        ...base,
        origin: directives(tree).find(({ origin }) => origin !== null)?.origin ?? null,
        ...finding('shutdown-timeout-unset', {}),
        seen: evidenceOf(seen?.reload ?? null, null),
        remedies: [{ block: 'main', lines: ['worker_shutdown_timeout  1h;'] }],
      },
    ];
  }
  return [
    {
      ...base,
      origin: written.origin,
      ...finding('shutdown-timeout', { value: texts(written).join(' ') }),
      seen: evidenceOf(seen?.reload ?? null, SHORT_SECONDS),
      remedies: [],
    },
  ];
};

function evidenceOf(reload: Seen['reload'], setSeconds: number | null): Evidence | null {
  if (reload === null) return null;
  const { closed, watchedSeconds } = reload;
  if (closed === null) return evidence('open-after-reload', { seconds: watchedSeconds });
  return evidence('closed-after-reload', { setSeconds, closeCode: closed.code, seconds: closed.seconds });
}
