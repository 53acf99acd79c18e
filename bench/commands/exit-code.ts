import type { RunFigures } from '../measure/figures.ts';
import type { Run } from '../model/run.ts';
import { scenarioNamed } from '../scenarios/registry.ts';

/** Exit codes of the command line. */
export const EXIT = {
  done: 0,
  /**
   * A run failed; connections, messages or ordinary requests were lost; or a file could not be written. With
   * --strict: a run was not valid.
   */
  failed: 1,
  usage: 2,
  threshold: 99,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * Exit codes from worst to best. A met or missed threshold is meaningless if a run was cut short or figures
 * could not be written.
 */
const BY_WEIGHT: readonly ExitCode[] = [EXIT.interrupted, EXIT.usage, EXIT.failed, EXIT.threshold, EXIT.done];

/** The worse of two exit codes. */
export function worseOf(a: ExitCode, b: ExitCode): ExitCode {
  return BY_WEIGHT.indexOf(a) < BY_WEIGHT.indexOf(b) ? a : b;
}

/** The parts of a run that determine the exit code. */
export interface Judged {
  run: Run;
  figures: Pick<RunFigures, 'connections' | 'messages' | 'failures' | 'http'>;
  missedThreshold: boolean;
}

/**
 * Exit code of the worst outcome. A threshold is meaningless for the figures of a run that was cut short or
 * that lost messages.
 */
export function exitCodeOf(
  judged: readonly Judged[],
  whole: { complete: boolean; strict: boolean; interrupted: boolean },
): ExitCode {
  if (whole.interrupted) return EXIT.interrupted;
  if (!whole.complete || judged.some(hasFailed)) return EXIT.failed;
  if (whole.strict && judged.some(({ run }) => run.validity.verdict !== 'valid')) return EXIT.failed;
  return judged.some(({ missedThreshold }) => missedThreshold) ? EXIT.threshold : EXIT.done;
}

/** Whether lost messages make a run fail; false if the run's scenario causes losses on purpose. */
function lossIsFault({ plan }: Run): boolean {
  return scenarioNamed(plan.workload.scenario).doubts.includes('losses');
}

function hasFailed({ run, figures: { connections, messages, failures, http } }: Judged): boolean {
  return (
    run.outcome.state !== 'completed' ||
    connections.failed > 0 ||
    (messages.lost > 0 && lossIsFault(run)) ||
    failures.faults > 0 ||
    (http?.failed ?? 0) > 0
  );
}
