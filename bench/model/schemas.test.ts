import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { keptCalibrationSchema, knownEffectSchema } from './calibration.ts';
import { comparedFigureSchema } from './comparison.ts';
import { conditionSchema } from './condition.ts';
import { failureCountsSchema } from './failure.ts';
import { ladderSchema } from './ladder.ts';
import { amount, count, loadSchema } from './load.ts';
import { machineSampleSchema } from './machine-series.ts';
import { placementSchema, planSchema, positive, runPlanSchema, stepSchema } from './plan.ts';
import { profileSchema } from './profile.ts';
import { processSeriesSchema, runSchema } from './run.ts';
import { turnsSchema } from './turns.ts';
import { tuningSchema, variantSchema } from './variant.ts';

const NAME = 'a'.repeat(40);

const ESTIMATE = { value: 2, low: 1, high: 3 };
const LAW = {
  ...{ lambda: ESTIMATE, sigma: ESTIMATE, kappa: ESTIMATE, peak: null },
  curve: [{ level: 1, ...ESTIMATE }],
};

const BOUNDS: [of: string, schema: v.GenericSchema, accepted: unknown[], refused: unknown[]][] = [
  ['a count', count, [0, 1, 2 ** 31], [-1, 0.5, Number.POSITIVE_INFINITY, '1']],
  ['an amount', amount, [0, 0.001, 1], [-0.001, Number.POSITIVE_INFINITY, Number.NaN]],
  ['a positive integer', positive, [1, 2], [0, -1, 1.5]],
  ['messages in flight', loadSchema.options[0].entries.inFlight, [1, 2], [0, 1.5]],
  ['a p-value', comparedFigureSchema.entries.pValue, [0, 1, null], [1.001, -0.001]],
  ['an effect', comparedFigureSchema.entries.effect, [0.001, 1, 2, null], [0, -1, Number.POSITIVE_INFINITY]],
  ['a known effect', knownEffectSchema.entries.effect, [0.001, 1, null], [0, -1, Number.POSITIVE_INFINITY]],
  ['the version of a calibration', keptCalibrationSchema.entries.schemaVersion, [1, 2], [0, 3]],
  ['a level', ladderSchema.entries.levels, [[], [0.001]], [[0], [1, -1]]],
  ['the metrics of a ladder', ladderSchema.entries.metrics, [['a']], [[]]],
  [
    'a law',
    ladderSchema.entries.law,
    [null, LAW],
    [
      { ...LAW, peak: 0 },
      { ...LAW, curve: [{ level: 1 }] },
    ],
  ],
  ['a limit', conditionSchema.entries.limit, [-1, 0.5], [Number.POSITIVE_INFINITY, Number.NaN]],
  ['a visit', profileSchema.entries.visit, ['/', '/a', null], ['', 'a/']],
  ['failures', failureCountsSchema, [{}, { 'tcp/a': 0 }], [{ 'tcp/a': -1 }, { 'tcp/a': 0.5 }, { tcp: 1 }]],
  ['the name of a step', stepSchema, ['a', NAME], ['', '1', 'A', `${NAME}a`]],
  ['the steps of a result', planSchema.entries.steps, [['a'], ['a', 'b']], [[]]],
  ['the name of a tuning', tuningSchema.entries.name, ['a'], ['']],
  ['the name of a variant', variantSchema.entries.name, ['a'], ['']],
  ['the servers of a profile', profileSchema.entries.servers, [1, 2], [0, 1.5]],
  ['the index of a turn', turnsSchema.entries.index, [0], [-1]],
  ['the number of turns', turnsSchema.entries.of, [1], [0]],
  ['the length of a turn', turnsSchema.entries.lengthMs, [1], [0]],
];

for (const [of, schema, accepted, refused] of BOUNDS)
  test(`${of}: accepts and rejects the values at its limits`, () => {
    for (const value of accepted) assert.equal(v.is(schema, value), true, JSON.stringify(value));
    for (const value of refused) assert.equal(v.is(schema, value), false, JSON.stringify(value));
  });

const DEFAULTS: [of: string, v.ObjectEntries, defaults: Record<string, unknown>][] = [
  ['a plan', planSchema.entries, { scenario: 'echo', labels: {}, note: null, series: null }],
  [
    'a run',
    runSchema.entries,
    {
      timeline: [],
      memory: [],
      queues: [],
      listenDrops: null,
      httpLoad: null,
      machine: null,
      hosts: undefined,
    },
  ],
  [
    "a run's plan",
    runPlanSchema.entries,
    {
      target: { kind: 'sandbox' },
      openingStages: 1,
      turns: null,
      timeline: [],
      backend: null,
      engine: 'node',
      carrier: 'sockets',
      agents: undefined,
      proxyAgent: undefined,
      serverAgents: undefined,
      listen: undefined,
    },
  ],
  ['a placement', placementSchema.entries, { runner: [] }],
  ['a process', processSeriesSchema.entries, { host: undefined, bornUs: null, endedUs: null }],
  ['a sample of the machine', machineSampleSchema.entries, { besideUs: 0, suspendedUs: 0, timeWait: null }],
  ['a profile', profileSchema.entries, { key: 'ecdsa', visit: null, upstreamTls: false, inAll: true }],
];

for (const [of, entries, defaults] of DEFAULTS)
  test(`${of} from before these fields existed is read with their defaults`, () => {
    const optional = Object.entries(entries).filter(([, entry]) => entry.type === 'optional');
    const read = optional.map(([name, entry]) => [name, v.parse(entry as v.GenericSchema, undefined)]);
    assert.deepEqual(Object.fromEntries(read), defaults);
  });
