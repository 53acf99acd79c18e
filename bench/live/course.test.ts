import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRun } from '../../test/run.ts';
import { courseAfter, courseMarkup, NO_COURSE } from './course.ts';
import { FIGURES } from './live.test.fixture.ts';

function courseOf(moments: number) {
  let course = NO_COURSE;
  for (let moment = 0; moment < moments; moment++)
    course = courseAfter(course, { type: 'live', figures: { ...FIGURES, echoedPerSecond: moment } });
  return course;
}

test('a long run is thinned out evenly from its beginning to its end', () => {
  for (const moments of [1, 240, 241, 500, 5000]) {
    const { points, every } = courseOf(moments);
    const kept = points.map(({ echoedPerSecond }) => echoedPerSecond);
    assert.ok(kept.length <= 240 && kept.length * every >= moments - every, `${moments}: ${kept.length}`);
    assert.equal(kept[0], 0);
    const steps = new Set(kept.slice(1).map((moment, index) => moment - (kept[index] ?? 0)));
    assert.ok(steps.size <= 1, `${moments}: ${[...steps]}`);
  }
});

test('each figure has a chart scaled to its maximum, and there is none before the second point', () => {
  assert.equal(
    courseMarkup(courseOf(1)).markup,
    '<div class="course"><figure></figure><figure></figure></div>',
  );
  const { markup } = courseMarkup(courseOf(3));
  assert.match(markup, /Echoes per second \(maximum 2\/s\)/);
  assert.match(markup, /points="0\.0,40\.0 120\.0,20\.0 240\.0,0\.0"/);
  const { plan } = makeRun({ seconds: 1 });
  assert.equal(
    courseAfter(courseOf(3), { type: 'run-planned', number: 2, expectedRuns: 2, plan }),
    NO_COURSE,
  );
});
