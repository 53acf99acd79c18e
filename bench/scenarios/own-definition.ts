import { COMEBACK_NAMES } from '../load/sessions/comeback.ts';
import { findMetric } from '../metrics/metrics.ts';
import { type Declaration, declarationFault } from '../model/declaration.ts';
import { Problem } from '../model/failure.ts';
import { printable } from '../model/printable.ts';
import { COMMON_COUNTERS, COMMON_HISTOGRAMS } from '../model/recording.ts';
import { declaredDefinition } from './declared.ts';
import type { ComparedName, ListedName, ScenarioDefinition } from './definition.ts';
import type { OwnMetric, OwnScenario } from './own-scenario.ts';
import { RECONNECT_OPTION } from './reconnect-option.ts';
import { isBuiltIn, SCENARIOS } from './registry.ts';
import { OF_COMEBACK } from './usual.ts';

const REQUIRED = ['name', 'title', 'question', 'steps'] as const;
const OPTIONAL = [
  ...['recorded', 'conservation', 'phasesRead', 'metrics', 'compared', 'listed', 'defaults', 'handshake'],
  ...['options', 'lengths', 'defaultRate', 'problemOf', 'timeline', 'servers', 'openingStages', 'takesTurns'],
  ...['largestMessage', 'sections', 'client', 'conversation', 'reconnects'],
] as const;

/** Names that a scenario must not record, because the totals of every generator worker already contain them. */
const RESERVED = [...COMMON_COUNTERS, ...COMMON_HISTOGRAMS, 'worker', 'asked', 'failed', 'open'];

/**
 * Returns the definition of a user's scenario.
 *
 * @param scenario the file's default export
 * @param file absolute path of the file
 * @param name the file's name in messages
 * @throws Problem('usage') for the first mistake in the scenario
 */
export function ownDefinition(scenario: unknown, file: string, name: string): ScenarioDefinition {
  const wrong = (sentence: string) => new Problem('usage', `${name}: ${printable(sentence)}`);
  const own = checkedFields(scenario, wrong);
  const declared = declarationOf(own);
  const found = declarationFault(declared);
  if (found !== null)
    throw wrong(`${found.place || 'the scenario'} is not valid: ${found.fault}. Correct it.`);
  checkNames(own, declared, wrong);
  const base = declaredDefinition(declared);
  const { defaults, timeline, lengths, defaultRate, problemOf, handshake } = own;
  const options = { ...own.options, ...(own.reconnects ? { reconnect: RECONNECT_OPTION } : {}) };
  for (const option of Object.keys(options)) {
    if (/^[a-z][a-z0-9-]{0,39}$/.test(option)) continue;
    throw wrong(`the option ${option} must be in lower case, with hyphens between words. Rename it.`);
  }
  return {
    ...base,
    ...(timeline === undefined ? {} : { timeline }),
    ...(lengths === undefined ? {} : { lengths }),
    ...(defaultRate === undefined ? {} : { defaultRate }),
    ...(problemOf === undefined ? {} : { problemOf }),
    ...(own.servers === undefined ? {} : { servers: own.servers }),
    ...(own.openingStages === undefined ? {} : { openingStages: own.openingStages }),
    ...(own.largestMessage === undefined ? {} : { largestMessage: own.largestMessage }),
    ...(handshake === undefined ? {} : { handshake }),
    options,
    defaults: { ...base.defaults, ...defaults },
    // Only the benchmark's own loops take account of the turns of interleaved runs.
    takesTurns: own.takesTurns ?? own.conversation !== undefined,
    file,
  };
}

type Wrong = (sentence: string) => Problem;

function checkedFields(scenario: unknown, wrong: Wrong): OwnScenario {
  if (typeof scenario !== 'object' || scenario === null)
    throw wrong('the default export is not a scenario. Use: export default defineScenario({ … }).');
  const missing = REQUIRED.find((field) => !(field in scenario));
  if (missing !== undefined)
    throw wrong(`${missing} is missing. A scenario needs a name, a title, a question and steps.`);
  const unknown = Object.keys(scenario).find(
    (field) => ![...REQUIRED, ...OPTIONAL].includes(field as 'name'),
  );
  if (unknown !== undefined) throw wrong(`${unknown} is not a field of a scenario. Remove or rename it.`);
  const own = scenario as OwnScenario;
  if (typeof (own.client ?? own.conversation) !== 'function')
    throw wrong(
      'the scenario has neither a client nor a conversation. Add one of them to define what the connections do.',
    );
  if (own.client !== undefined && own.conversation !== undefined)
    throw wrong('the scenario has both a client and a conversation. Remove one of them.');
  if (own.client !== undefined && own.reconnects !== undefined)
    throw wrong(
      '`reconnects` only applies to a conversation, but the scenario has a client. Reconnect in the client itself.',
    );
  const { sections = [] } = own;
  if (!Array.isArray(sections) || sections.some((section) => typeof section !== 'function'))
    throw wrong('sections is not a list of functions. Use: sections: [(view) => ({ id: …, title: … })].');
  if (!Array.isArray(own.steps)) throw wrong('steps is not a list. Use: steps: [{ name: …, load: … }].');
  return own;
}

function declarationOf(own: OwnScenario): Declaration {
  const { name, title, question, recorded = {}, conservation = [], phasesRead = {}, metrics = [] } = own;
  const steps = own.steps.map((step) => ({ server: 'lean' as const, ...step }));
  const { counters = [], gauges = [], histograms = [] } = recorded;
  const added = own.reconnects ? COMEBACK_NAMES : { counters: [], gauges: [], histograms: [] };
  return {
    name,
    title,
    question,
    steps,
    recorded: {
      counters: [...added.counters, ...counters],
      gauges: [...added.gauges, ...gauges],
      histograms: [...added.histograms, ...histograms],
    },
    conservation: [...(own.reconnects ? [OF_COMEBACK] : []), ...conservation].map(({ whole, parts }) => ({
      whole,
      parts: [...parts],
    })),
    phasesRead: Object.fromEntries(Object.entries(phasesRead).map(([each, phases]) => [each, [...phases]])),
    metrics: metrics.map(completed),
    compared: [...(own.compared ?? usuallyCompared(steps))],
    listed: [...(own.listed ?? usuallyListed(steps, metrics))],
    sections: own.sections?.length ?? 0,
    usesPayload: own.defaults?.payload !== undefined,
  };
}

function completed({ unit, better, ...metric }: OwnMetric): Declaration['metrics'][number] {
  const isTime = 'histogram' in metric.of;
  const usual = isTime ? 'time' : 'per' in metric.of && metric.of.per === 'second' ? 'rate' : 'count';
  return {
    ...metric,
    unit: unit ?? usual,
    better: better === undefined ? (isTime ? 'lower' : null) : better,
  };
}

function usuallyCompared(steps: Declaration['steps']): ComparedName[] {
  const closed = steps.find(({ load }) => load === 'closed')?.name;
  const open = steps.find(({ load }) => load === 'open')?.name;
  const of = (name: string, step: string | undefined, weight: number, headline = true) =>
    step === undefined ? [] : [{ name, step, weight, headline }];
  const ofOpen = closed === undefined ? of('cpuPerMessage.proxy', open, 50) : [];
  const ofClosed = [
    ...of('cpuPerMessage.proxy', closed, open === undefined ? 80 : 40),
    ...of('messages.perSecond', closed, open === undefined ? 20 : 10, false),
  ];
  return [...ofClosed, ...ofOpen, ...of('response.p50', open, 50)];
}

function usuallyListed(steps: Declaration['steps'], metrics: readonly OwnMetric[]): ListedName[] {
  return steps.flatMap(({ name: step, load }): ListedName[] => {
    if (load === 'closed') return [{ name: 'messages.perSecond', step, label: '' }];
    if (load === null)
      return metrics.slice(0, 3).map(({ name, title }) => ({ name, step, label: `${title} ` }));
    return ['p50', 'p99'].map((of) => ({ name: `response.${of}`, step, label: `${of} ` }));
  });
}

/** Converts `my-chat` to `myChat`, because a metric's name cannot contain hyphens. */
function metricPrefix(scenario: string): string {
  return `${scenario.replace(/-([a-z0-9])/g, (_, next: string) => next.toUpperCase())}.`;
}

/** @throws Problem if a new name is already in use, or if a reference names something that does not exist */
function checkNames({ conversation }: OwnScenario, declared: Declaration, wrong: Wrong): void {
  const { name, steps, metrics, compared, listed } = declared;
  if (isBuiltIn(name)) throw wrong(`${name} is the name of a built-in scenario. Give yours another name.`);
  const others = SCENARIOS.filter((each) => each.name !== name).flatMap((each) => each.steps);
  for (const [at, step] of steps.entries()) {
    if (step.name !== name && !step.name.startsWith(`${name}-`))
      throw wrong(
        `the step ${step.name} must be called ${name}, or have a name that begins with ${name}-. Rename it.`,
      );
    if (
      others.some((each) => each.name === step.name) ||
      steps.findIndex((each) => each.name === step.name) < at
    )
      throw wrong(`there are two steps called ${step.name}. Rename one.`);
    if (conversation !== undefined && step.load === null)
      throw wrong(
        `the step ${step.name} has no load, but a conversation needs one. Use load: 'open' or 'closed'.`,
      );
  }
  const { recorded } = declaredDefinition(declared);
  const own = [...recorded.counters, ...recorded.gauges, ...recorded.histograms];
  const twice = own.find((each, at) => RESERVED.includes(each) || own.indexOf(each) < at);
  if (twice !== undefined) throw wrong(`the name ${twice} in \`recorded\` is already in use. Rename it.`);
  const counts = [...COMMON_COUNTERS, ...recorded.counters, ...recorded.gauges];
  const times = [...COMMON_HISTOGRAMS, ...recorded.histograms];
  for (const { whole, parts } of declared.conservation) {
    const unknown = [whole, ...parts].find((each) => !counts.includes(each));
    if (unknown !== undefined)
      throw wrong(
        `the equation for ${whole} contains ${unknown}, which is not recorded. Add it to \`recorded.counters\`.`,
      );
  }
  const stranger = Object.keys(declared.phasesRead).find((each) => !times.includes(each));
  if (stranger !== undefined)
    throw wrong(
      `\`phasesRead\` names ${stranger}, which is not a histogram. Add it to \`recorded.histograms\`.`,
    );
  for (const [at, { name: metric, of }] of metrics.entries()) {
    const prefix = metricPrefix(name);
    if (!metric.startsWith(prefix))
      throw wrong(`the name of the metric ${metric} must begin with '${prefix}'. Rename it.`);
    if (isTaken(metric, name) || metrics.findIndex((each) => each.name === metric) < at)
      throw wrong(`there is already a metric called ${metric}. Rename yours.`);
    const read =
      'histogram' in of ? [of.histogram] : [of.counter, of.per].filter((each) => each !== 'second');
    const known = 'histogram' in of ? times : counts;
    const unknown = read.find((each) => each !== undefined && !known.includes(each));
    if (unknown !== undefined)
      throw wrong(
        `the metric ${metric} is read from ${unknown}, which is not recorded. Add it to \`recorded\`.`,
      );
  }
  checkUses(declared, [...compared, ...listed], wrong);
}

/** Whether a metric of this name belongs to every run, or to another scenario. */
function isTaken(metric: string, scenario: string): boolean {
  const before = SCENARIOS.find(({ name }) => name === scenario);
  return findMetric(metric) !== undefined && !before?.declared?.metrics.some(({ name }) => name === metric);
}

function checkUses(declared: Declaration, uses: readonly Pick<ListedName, 'name' | 'step'>[], wrong: Wrong) {
  const { compared, metrics, steps } = declared;
  for (const { name, step } of uses) {
    if (!steps.some((each) => each.name === step))
      throw wrong(
        `${name} is in \`compared\` or \`listed\` for ${step}, which is not a step. Name one of the scenario's steps.`,
      );
    const known = findMetric(name) !== undefined || metrics.some((each) => each.name === name);
    if (!known)
      throw wrong(`${name} is in \`compared\` or \`listed\`, but is not a metric. Add it to \`metrics\`.`);
  }
  const weights = compared.reduce((sum, { weight }) => sum + weight, 0);
  if (compared.length > 0 && (weights !== 100 || !compared.some(({ headline }) => headline)))
    throw wrong(
      'the weights in `compared` must add up to 100, and one of its metrics must be a headline. Correct `compared`.',
    );
}
