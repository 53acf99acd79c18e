import { numberIn } from '../../model/failure.ts';
import { locatedIn } from '../../nginx/located.ts';
import { leadingTo } from '../../nginx/route.ts';
import { type Directive, directives, texts } from '../../nginx/tree.ts';
import { finding } from '../../wording/finding.ts';
import { type Candidate, locationOf, shownPath } from '../candidate.ts';
import type { LintFinding } from '../finding.ts';
import { failedHandshake, isSound, type Rule, type Subject } from '../subject.ts';

/**
 * `try_files` looks for files and folders before it passes a request, even a handshake, to `proxy_pass` or to
 * its fallback location. The sandbox has none of these files and folders, so the trials do not show their effect.
 */
export const tryFiles: Rule = (subject) =>
  subject.candidates.flatMap((candidate): LintFinding[] => {
    const taking = takingTryFiles(subject, candidate);
    const location = locationOf(candidate);
    if (taking !== null) {
      const fallback = texts(taking).at(-1) ?? '';
      return [
        {
          rule: 'try-files',
          level: 'error',
          origin: taking.origin,
          ...finding('try-files-first', { location, fallback }),
          seen: failedHandshake(subject, candidate),
          remedies: [],
        },
      ];
    }
    const found = folderTest(subject, candidate);
    if (found === null || !isSound(subject, candidate)) return [];
    return [
      {
        rule: 'try-files',
        level: candidate.path === '/' ? 'warning' : 'note',
        origin: found.line.origin,
        ...finding('try-files-folder', { location, test: found.test, path: shownPath(candidate) }),
        seen: null,
        remedies: [
          {
            block: 'location',
            lines: [
              `try_files  ${texts(found.line)
                .filter((each) => each !== found.test)
                .join('  ')};`,
            ],
          },
        ],
      },
    ];
  });

/** Returns the candidate's own `try_files` if it answered the handshake; otherwise null. */
export function takingTryFiles({ seen }: Pick<Subject, 'seen'>, candidate: Candidate): Directive | null {
  const handshake = seen?.locations.get(candidate)?.handshake;
  if (handshake === undefined || handshake.arrived !== null) return null;
  const isAnswered = numberIn(handshake.outcome, 'status') !== null;
  return isAnswered ? (directives(candidate.self.block, 'try_files')[0] ?? null) : null;
}

/**
 * Returns the `try_files` that leads to a candidate, and its first argument that tests for a folder named like
 * the request's path; null if there is no such `try_files` or argument.
 */
function folderTest({ tree }: Subject, candidate: Candidate): { line: Directive; test: string } | null {
  const all = locatedIn(tree, null);
  const own = all.find(({ location }) => location === candidate.self);
  if (own === undefined) return null;
  const [name] = texts(candidate.self);
  for (const { location } of leadingTo(own, all)) {
    for (const line of directives(location.block, 'try_files')) {
      // A location may also lead to the candidate through another directive, such as `return` with
      // `error_page`.
      if (texts(line).at(-1) !== name) continue;
      const test = texts(line).find((each) => /^\$\{?(document_)?uri\}?\/$/.test(each));
      if (test !== undefined) return { line, test };
    }
  }
  return null;
}
