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

/** A chart as markup. */
function figure(title: string, points: string): string {
  return `<figure><svg viewBox="0 0 240 40" preserveAspectRatio="none" role="img" aria-label="${title}"><polyline points="${points}"/></svg><figcaption>${title}</figcaption></figure>`;
}

test('each figure has a chart scaled to its maximum, and there is none before the second point', () => {
  const none = '<figure></figure>';
  assert.equal(courseMarkup(NO_COURSE).markup, `<div class="course">${none}${none}</div>`);
  assert.equal(courseMarkup(courseOf(1)).markup, `<div class="course">${none}${none}</div>`);
  const p99 = figure('p99 of recent seconds (maximum 900 µs)', '0.0,0.0 120.0,0.0 240.0,0.0');
  assert.equal(
    courseMarkup(courseOf(3)).markup,
    `<div class="course">${figure('Echoes per second (maximum 2/s)', '0.0,40.0 120.0,20.0 240.0,0.0')}${p99}</div>`,
  );
  assert.equal(
    courseMarkup(courseOf(2)).markup,
    `<div class="course">${figure('Echoes per second (maximum 1/s)', '0.0,40.0 240.0,0.0')}${p99.replace(' 120.0,0.0', '')}</div>`,
  );
});

test('connections are drawn if nothing is echoed, and seconds without a latency leave a gap', () => {
  const points = [
    { ...FIGURES, echoedPerSecond: 0, openedPerSecond: 4, p99Us: 500 },
    { ...FIGURES, echoedPerSecond: 0, openedPerSecond: 1, p99Us: null },
    { ...FIGURES, echoedPerSecond: 0, openedPerSecond: 2, p99Us: 1 },
  ];
  const opened = figure('Connections opened per second (maximum 4/s)', '0.0,0.0 120.0,30.0 240.0,20.0');
  assert.equal(
    courseMarkup({ ...NO_COURSE, points }).markup,
    `<div class="course">${opened}${figure('p99 of recent seconds (maximum 500 µs)', '0.0,0.0 240.0,39.9')}</div>`,
  );
  const idle = points.map((each) => ({ ...each, openedPerSecond: 0, p99Us: null }));
  assert.equal(
    courseMarkup({ ...NO_COURSE, points: idle }).markup,
    '<div class="course"><figure></figure><figure></figure></div>',
  );
});

test('every run begins a new course, and only its figures are points of it', () => {
  const { plan } = makeRun({ seconds: 1 });
  assert.deepEqual(NO_COURSE, { points: [], every: 1, skipped: 0 });
  const course = courseOf(3);
  assert.equal(courseAfter(course, { type: 'run-planned', number: 2, expectedRuns: 2, plan }), NO_COURSE);
  assert.equal(courseAfter(course, { type: 'concluded', conclusions: [] }), course);
  const { points, ...rest } = courseOf(242);
  assert.deepEqual([points.length, rest], [121, { every: 2, skipped: 1 }]);
});
