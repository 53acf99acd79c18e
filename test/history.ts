import type { Result, ResultIndex } from '../bench/model/result.ts';
import { conclusionOf } from '../bench/report/conclusion.ts';
import { summaryOf } from '../bench/store/writer.ts';
import { makeRounds } from './comparison.ts';
import { makeBothSteps } from './result.ts';
import { randomFrom } from './run.ts';

/** The index of a result as it is stored. */
export function indexOf(result: Result): ResultIndex {
  const runs = result.runs.map((run, at) => summaryOf(`runs/${at + 1}-${run.plan.step}.json`, run));
  return { ...result, runs };
}

const DAY_MS = 24 * 3600 * 1000;
const FIRST_DAY = Date.UTC(2026, 0, 1);

/**
 * Indexes of one result per day: three profiles in both steps, every tenth one a comparison. Figures scatter by 2 %.
 * After three fifths of the time, Nginx is 1.26.3 and uses 12 % more CPU. One earlier result uses a third more.
 */
export function makeHistory(days: number, seed = 7): ResultIndex[] {
  const randoms = new Map<string, () => number>();
  // Each figure scatters independently, so adding another one does not change their values.
  const randomOf = (name: string): (() => number) => {
    const random =
      randoms.get(name) ??
      randomFrom(seed + ([...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 0) % 2 ** 31));
    randoms.set(name, random);
    return random;
  };
  const [steps, rounds] = [indexOf(makeBothSteps(3, 1)), indexOf(makeRounds())];
  const later = Math.floor(days * 0.6);
  return Array.from({ length: days }, (_, day): ResultIndex => {
    const index = structuredClone(day % 10 === 9 ? rounds : steps);
    const startedAt = new Date(FIRST_DAY + day * DAY_MS).toISOString();
    const kind = conclusionOf(index, 'comparison') === null ? 'nightly' : 'compare';
    const cpu = day >= later ? 1.12 : day === Math.floor(days / 3) ? 1.33 : 1;
    return {
      ...index,
      id: `${startedAt.replace(/\.\d+|[-:]/g, '')}-${kind}`,
      startedAt,
      endedAt: startedAt,
      plan: { ...index.plan, labels: { branch: day % 4 === 0 ? 'next' : 'main' } },
      runs: index.runs.map((run) => ({
        ...run,
        startedAt,
        nginx: run.nginx === null ? null : day >= later ? '1.26.3' : '1.22.1',
        metrics: scattered(run.metrics, randomOf, cpu),
      })),
    };
  });
}

function scattered(
  metrics: Record<string, number | null>,
  randomOf: (name: string) => () => number,
  cpu: number,
): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => {
      if (value === null || /count$|^connections|lost|outstanding/.test(name)) return [name, value];
      const random = randomOf(name);
      const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      const factor = name === 'cpuPerMessage.proxy' ? cpu : 1;
      return [name, value * factor * Math.exp(0.02 * normal)];
    }),
  );
}
