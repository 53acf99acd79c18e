import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { randomFrom } from '../model/random.ts';
import { assertClose } from './assert.test.fixture.ts';
import { FEWEST_SIZES, fitLaw, type Law, peakOf, throughputAt } from './scalability.ts';

const SIZES = [1, 4, 16, 64, 256, 1024, 4096];
const SEED = 7;

const LAWS = fc.record({
  lambda: fc.double({ min: 1, max: 1e6, noNaN: true }),
  sigma: fc.double({ min: 0, max: 0.9, noNaN: true }),
  // For smaller values, N(N − 1)κ is negligible compared with the other terms.
  kappa: fc.oneof(fc.constant(0), fc.double({ min: 1e-7, max: 1e-2, noNaN: true })),
});

function measured(law: Law, sizes = SIZES) {
  return sizes.map((size) => ({ size, value: throughputAt(law, size) }));
}

function close(found: number, wanted: number, scale = wanted): void {
  assert.ok(Math.abs(found - wanted) <= 1e-4 * Math.abs(scale) + 1e-9, `${found} is not ${wanted}`);
}

test('known parameters are recovered, and their intervals contain them', () => {
  fc.assert(
    fc.property(LAWS, (law) => {
      const fit = fitLaw(measured(law), SEED);
      assert.ok(fit !== null);
      close(fit.law.lambda, law.lambda);
      close(fit.law.sigma, law.sigma, law.sigma + 1e-2);
      close(fit.law.kappa, law.kappa, law.kappa + 1e-4);
      for (const name of ['lambda', 'sigma', 'kappa'] as const) {
        const { low, high } = fit.intervals[name];
        assert.ok(low <= fit.law[name] && fit.law[name] <= high, name);
      }
    }),
    // In this example, all resamples had a contention of 2e-19, and the fit itself had 0.
    { numRuns: 15, examples: [[{ lambda: 1.0000000000000004, sigma: 0, kappa: 1.0000000000000013e-7 }]] },
  );
});

test('fewer than six sizes are rejected, however often each was measured', () => {
  const few = measured({ lambda: 100, sigma: 0.1, kappa: 1e-4 }, SIZES.slice(0, FEWEST_SIZES - 1));
  assert.equal(fitLaw([...few, ...few, ...few], SEED), null);
  const enough = measured({ lambda: 100, sigma: 0.1, kappa: 1e-4 }, SIZES.slice(0, FEWEST_SIZES));
  assert.notEqual(fitLaw(enough, SEED), null);
});

test('throughput that never falls has no coherency cost, and no peak in the measured range', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (sigma) => {
      const fit = fitLaw(measured({ lambda: 50, sigma, kappa: 0 }), SEED);
      assert.ok(fit !== null && fit.law.kappa < 1e-6, `${fit?.law.kappa}`);
      const peak = peakOf(fit.law);
      assert.ok(peak === null || peak > 4096 || sigma > 0.99, `${peak}`);
    }),
    { numRuns: 15 },
  );
});

test('neither contention nor coherency is ever negative, even where throughput grows faster than size', () => {
  const better = SIZES.map((size) => ({ size, value: size ** 1.2 }));
  const fit = fitLaw(better, SEED);
  assert.ok(fit !== null && fit.law.sigma === 0 && fit.law.kappa === 0);
  assert.ok(fit.intervals.sigma.low >= 0 && fit.intervals.kappa.low >= 0);
});

test('a fit and its intervals are those of the fitted logarithms and of the resamples of the seed', () => {
  const noise = [1.04, 0.97, 1.02, 0.98, 1.03, 0.96, 1.01];
  const sizes = [1, 2, 4, 8, 16, 32, 64];
  for (const [law, found, intervals, band] of [
    [
      { lambda: 100, sigma: 0.1, kappa: 1e-3 },
      { lambda: 101.43039963, sigma: 0.104858858, kappa: 9.63491389e-4 },
      {
        lambda: [96.352663954, 106.492514341],
        sigma: [0.087647926, 0.12436228591],
        kappa: [6.44822329e-4, 1.294612649e-3],
      },
      [478.7835871528, 521.1311447456],
    ],
    [
      { lambda: 100, sigma: 0.5, kappa: 0 },
      { lambda: 101.875945716, sigma: 0.513819541, kappa: 0 },
      {
        lambda: [95.845873402, 106.61163394],
        sigma: [0.460633072, 0.547361987],
        kappa: [0, 8.84243067e-4],
      },
      [176.1060527, 188.45537170438],
    ],
  ] as const) {
    const points = measured(law, sizes).map(({ size, value }, at) => ({
      size,
      value: value * (noise[at] ?? 1),
    }));
    const fit = fitLaw(points, SEED);
    assert.ok(fit !== null);
    for (const name of ['lambda', 'sigma', 'kappa'] as const) {
      assertClose(fit.law[name], found[name], 1e-6);
      assertClose(fit.intervals[name].low, intervals[name][0], 1e-6);
      assertClose(fit.intervals[name].high, intervals[name][1], 1e-6);
    }
    assertClose(fit.band(10).low, band[0], 1e-6);
    assertClose(fit.band(10).high, band[1], 1e-6);
  }
});

test('the throughput and the peak of a law by hand', () => {
  assert.equal(throughputAt({ lambda: 10, sigma: 0.5, kappa: 0.25 }, 3), 30 / (1 + 1 + 1.5));
  assert.equal(peakOf({ lambda: 10, sigma: 0.5, kappa: 0.125 }), 2);
  assert.equal(peakOf({ lambda: 10, sigma: 0, kappa: 0 }), null);
  assert.equal(peakOf({ lambda: 10, sigma: 1, kappa: 0.1 }), null);
  assert.equal(peakOf({ lambda: 10, sigma: 0.5, kappa: Number.MIN_VALUE }), null);
});

test('sizes that only show the decline do not determine the throughput at N = 1', () => {
  const falling = [64, 128, 256, 512, 1024, 2048].map((size) => ({ size, value: 1e9 / size ** 2 }));
  assert.equal(fitLaw(falling, SEED), null);
});

test('with 5 % noise, the intervals contain the true value about as often as stated', () => {
  const law = { lambda: 8000, sigma: 0.2, kappa: 2e-5 };
  const random = randomFrom(3);
  const noise = () =>
    Math.exp(0.05 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
  const fits = Array.from({ length: 24 }, (_, seed) => {
    const points = [...measured(law), ...measured(law)].map(({ size, value }) => ({
      size,
      value: value * noise(),
    }));
    return fitLaw(points, seed);
  });
  for (const name of ['lambda', 'sigma', 'kappa'] as const) {
    const held = fits.filter((fit) => {
      const { low, high } = fit?.intervals[name] ?? { low: 0, high: 0 };
      return low <= law[name] && law[name] <= high;
    }).length;
    assert.ok(held >= 19, `${name}: ${held} of 24`);
  }
});

test('the same seed gives the same intervals; the band contains the fitted curve', () => {
  const points = measured({ lambda: 100, sigma: 0.1, kappa: 1e-4 }).map(({ size, value }, at) => ({
    size,
    value: value * (at % 2 === 0 ? 1.03 : 0.97),
  }));
  const [one, other] = [fitLaw(points, SEED), fitLaw(points, SEED)];
  assert.ok(one !== null && other !== null);
  assert.deepEqual(one.intervals, other.intervals);
  for (const size of [1, 10, 100, 8192]) {
    const { low, high } = one.band(size);
    assert.ok(low <= throughputAt(one.law, size) && throughputAt(one.law, size) <= high, `${size}`);
    assert.ok(low < high);
  }
});

test('throughput is lower on both sides of the peak', () => {
  fc.assert(
    fc.property(LAWS, (law) => {
      const peak = peakOf(law);
      if (law.kappa === 0) return assert.equal(peak, null);
      assert.ok(peak !== null);
      const top = throughputAt(law, peak);
      assert.ok(top >= throughputAt(law, peak * 1.01) && top >= throughputAt(law, peak * 0.99));
    }),
  );
});
