import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { ceiling, drawChart, unbroken } from './page/chart.ts';

type Second = Parameters<typeof unbroken>[0][number];

/** Draws a chart in an element that is `clientWidth` pixels wide, and returns each mark as text. */
function drawn(t: TestContext, clientWidth: number, seconds: readonly Second[]): string[] {
  const marks: string[] = [];
  const svg = {
    clientWidth,
    replaceChildren: (...children: { name: string; attributes: string[]; textContent: string }[]) =>
      void marks.push(
        ...children.map(({ name, attributes, textContent }) =>
          [name, ...attributes, ...(textContent === '' ? [] : [textContent])].join(' '),
        ),
      ),
  };
  const document = {
    createElementNS(namespace: string, name: string) {
      assert.equal(namespace, 'http://www.w3.org/2000/svg');
      const attributes: string[] = [];
      const setAttribute = (key: string, value: string) => void attributes.push(`${key}=${value}`);
      return { name, attributes, setAttribute, textContent: '' };
    },
  };
  Object.assign(globalThis, { document });
  t.after(() => Reflect.deleteProperty(globalThis, 'document'));
  drawChart(svg as unknown as Parameters<typeof drawChart>[0], seconds);
  return marks;
}

const second = (at: number, count: number, p50 = 1, p99 = 2, max = 3): Second => ({
  at,
  count,
  p50,
  p99,
  max,
});

describe('the chart', () => {
  it('has a scale in milliseconds and in seconds even before the first response', (t) => {
    assert.deepEqual(drawn(t, 479, []), [
      'line x1=56 x2=463 y1=212 y2=212',
      'text x=50 y=216 text-anchor=end 0 ms',
      'line x1=56 x2=463 y1=162 y2=162',
      'text x=50 y=166 text-anchor=end 0.25 ms',
      'line x1=56 x2=463 y1=112 y2=112',
      'text x=50 y=116 text-anchor=end 0.5 ms',
      'line x1=56 x2=463 y1=62 y2=62',
      'text x=50 y=66 text-anchor=end 0.75 ms',
      'line x1=56 x2=463 y1=12 y2=12',
      'text x=50 y=16 text-anchor=end 1 ms',
      'text x=56 y=230 text-anchor=middle 0 s',
      `text x=${56 + 407 / 3} y=230 text-anchor=middle 20 s`,
      `text x=${56 + (407 * 2) / 3} y=230 text-anchor=middle 40 s`,
      'text x=463 y=230 text-anchor=middle 60 s',
    ]);
  });

  it('has a line for each statistic, with a gap for seconds without responses', (t) => {
    const seconds = [
      second(0, 1, 1, 2, 3),
      second(1, 2, 2, 3, 4),
      second(2, 0, 0, 0, 0),
      second(3, 1, 1, 2, 5),
    ];
    assert.deepEqual(drawn(t, 672, seconds).slice(-13), [
      'text x=56 y=230 text-anchor=middle 0 s',
      'text x=156 y=230 text-anchor=middle 10 s',
      'text x=256 y=230 text-anchor=middle 20 s',
      'text x=356 y=230 text-anchor=middle 30 s',
      'text x=456 y=230 text-anchor=middle 40 s',
      'text x=556 y=230 text-anchor=middle 50 s',
      'text x=656 y=230 text-anchor=middle 60 s',
      'polyline class=max points=61.0,92.0 71.0,52.0',
      // A single point is a short line.
      'polyline class=max points=91.0,12.0 94.0,12.0',
      'polyline class=p99 points=61.0,132.0 71.0,92.0',
      'polyline class=p99 points=91.0,132.0 94.0,132.0',
      'polyline class=p50 points=61.0,172.0 71.0,132.0',
      'polyline class=p50 points=91.0,172.0 94.0,172.0',
    ]);
  });

  it('shows the last minute, with labels at round times', (t) => {
    for (const [at, labels] of [
      [59, ['0 s', '20 s', '40 s', '60 s']],
      [60, ['20 s', '40 s', '60 s']],
      [79, ['20 s', '40 s', '60 s', '80 s']],
      [124, ['80 s', '100 s', '120 s']],
    ] as const) {
      const marks = drawn(t, 479, [second(at, 1, 333, 334, 334)]);
      assert.deepEqual(
        marks.filter((mark) => mark.endsWith(' s')).map((mark) => mark.replace(/.*middle /, '')),
        labels,
      );
      assert.equal(marks.at(-1), 'polyline class=p50 points=459.6,78.8 462.6,78.8');
      assert.equal(marks[3], 'text x=50 y=166 text-anchor=end 125 ms');
    }
    assert.equal(
      drawn(t, 479, [second(124, 1)]).find((mark) => mark.endsWith(' 80 s')),
      `text x=${56 + (15 / 60) * 407} y=230 text-anchor=middle 80 s`,
    );
    assert.equal(drawn(t, 480, [second(59, 1)]).filter((mark) => mark.endsWith(' s')).length, 7);
  });

  it('has no line through seconds without responses', () => {
    const parts = unbroken([0, 2, 1, 0, 0, 5].map((count, at) => second(at, count)));
    assert.deepEqual(
      parts.map((part) => part.map(({ at }) => at)),
      [[1, 2], [5]],
    );
    assert.deepEqual(unbroken([]), []);
  });

  it('ends at a round number of milliseconds, at least the highest value shown', () => {
    assert.deepEqual(
      [0, 0.5, 1, 1.1, 2, 3, 5, 6, 10, 10.1, 51, 999, 5001].map(ceiling),
      [1, 1, 1, 2, 2, 5, 5, 10, 10, 20, 100, 1000, 10_000],
    );
  });
});
