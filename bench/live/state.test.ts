import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import { progressRows } from '../report/progress/rows.ts';
import { advanced, begun } from '../report/progress/state.ts';
import { NO_COURSE } from './course.ts';
import { FIGURES } from './live.test.fixture.ts';
import { stateMarkup } from './page.ts';

test('the state has a row for each line of progress, with a meter for each share, which is at most full', () => {
  const { plan } = makeRun({ variant: 'plain', seconds: 10 });
  const planned = advanced(begun(0), { type: 'run-planned', number: 1, expectedRuns: 2, plan }, 0);
  // A multi-threaded process may use more than one core.
  const cpu = [{ component: 'server', processes: 1, cores: 1.5, busiest: 1.5 }] as const;
  const progress = advanced(planned, { type: 'live', figures: { ...FIGURES, cpu: [...cpu] } }, 0);
  for (const nowMs of [3000, 3_600_000]) {
    const rows = progressRows(progress, nowMs);
    assert.deepEqual([rows.length > 1, rows.some(({ share }) => share === null)], [true, true]);
    assert.ok(rows.some(({ share }) => share !== null && share > 1));
    const expected = rows.map(({ label, share, clauses }) => {
      const value = share !== null && share > 1 ? '1.00' : share?.toFixed(2);
      const meter = `<meter min="0" max="1" value="${value}" aria-label="${label}"></meter>`;
      return `<tr><th scope="row">${label}</th><td>${share === null ? '' : meter}${clauses.join(' · ')}</td></tr>`;
    });
    assert.equal(
      stateMarkup(progress, NO_COURSE, nowMs),
      `<table><tbody>${expected.join('')}</tbody></table><div class="course"><figure></figure><figure></figure></div>`,
    );
  }
});
