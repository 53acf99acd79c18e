import type { Conclusion } from '../model/conclusion.ts';
import type { BenchEvent } from '../model/event.ts';
import type { Fact, Finding, Notice } from '../model/finding.ts';
import type { Result, ResultHead } from '../model/result.ts';
import type { HttpLeg, Run, UsedProxy, Validity } from '../model/run.ts';
import type { PlannedTarget } from '../model/target.ts';
import type { Tuning, Variant } from '../model/variant.ts';
import { publicCommand } from './command.ts';
import { publicConfiguration } from './configuration.ts';
import { HIDDEN, isPublicWord } from './public-words.ts';
import { textRedactor, wholeWords } from './text.ts';

/** Removes everything that would reveal a result's origin, while runs are still being added to the result. */
export interface Redactor {
  head: ResultHead;
  event(event: BenchEvent): BenchEvent;
}

/**
 * Returns a result without host names, user names or paths, and without the comments and private words of its
 * configurations. Labels, note and series are kept, because the user wrote them for readers. The returned
 * result can be read, displayed and compared like any other.
 *
 * @param words additional words to remove: those of this machine and its user
 */
export function redactResult(result: Result, words: readonly string[]): Result {
  const redactor = makeState(result, words);
  for (const run of result.runs) redactor.learn(run);
  const { runs, conclusions, endedAt } = result;
  return {
    ...redactor.head(result),
    endedAt,
    conclusions: conclusions.map(redactor.conclusion),
    runs: runs.map(redactor.run),
  };
}

/** Makes a redactor for a result that has no runs yet. It redacts the runs as they are added. */
export function makeRedactor(head: ResultHead, words: readonly string[]): Redactor {
  const state = makeState(head, words);
  return {
    head: state.head(head),
    event(event) {
      if (event.type === 'run-planned') return { ...event, plan: state.runPlan(event.plan) };
      if (event.type === 'concluded')
        return { ...event, conclusions: event.conclusions.map(state.conclusion) };
      if (event.type !== 'checkpoint' && event.type !== 'run-ended') return event;
      state.learn(event.run);
      return { ...event, run: state.run(event.run) };
    },
  };
}

/** Collects the words to hide, and provides the functions that hide them. */
function makeState(
  { variants, plan: { declared } }: Pick<ResultHead, 'variants' | 'plan'>,
  given: readonly string[],
) {
  const names = publicNames(variants);
  const words = new Set([...given, ...variants.flatMap(wordsOfVariant)]);
  const nameOf = (name: string) => names.get(name)?.name ?? name;
  const profileOf = (profile: string, variant: string) => names.get(variant)?.profile ?? profile;
  const renamed = wholeWords([...names.keys()], 'g');
  const redactText = (text: string) =>
    textRedactor(words)(renamed === null ? text : text.replace(renamed, nameOf));
  const notice = (each: Notice): Notice => redacted(each, redactText);
  const runPlan = (plan: Run['plan']): Run['plan'] => ({
    ...plan,
    variant: nameOf(plan.variant),
    profile: profileOf(plan.profile, plan.variant),
    backend: plan.backend === null ? null : HIDDEN,
    ...(plan.agents === undefined ? {} : { agents: plan.agents.map((name) => hostName(plan, name)) }),
    ...(plan.serverAgents === undefined
      ? {}
      : { serverAgents: plan.serverAgents.map((name) => hostName(plan, name)) }),
    ...(plan.proxyAgent === undefined ? {} : { proxyAgent: hostName(plan, plan.proxyAgent) }),
    ...(plan.listen === undefined ? {} : { listen: HIDDEN }),
    target: publicTarget(plan.target),
  });
  return {
    runPlan,
    learn(run: Run): void {
      for (const name of agentsOf(run.plan)) words.add(name);
      for (const text of [run.proxy?.given, run.proxy?.configuration])
        if (text != null) for (const found of publicConfiguration(text).words) words.add(found);
      for (const { data } of run.notices)
        for (const path of filesIn(data)) for (const found of wordsOfPath(path)) words.add(found);
    },
    head: (head: ResultHead): ResultHead => {
      const { plan, environment, calibration } = head;
      const shown = head.variants.map((each) => publicVariant(each, names));
      return {
        schemaVersion: head.schemaVersion,
        tool: head.tool,
        startedAt: head.startedAt,
        id: publicId(head, shown),
        plan: {
          ...plan,
          command: publicCommand(
            plan.command,
            new Set(shown.flatMap(({ name, profile }) => [name, profile])),
          ),
        },
        environment: { ...environment, kernel: redactText(environment.kernel) },
        variants: shown,
        notices: head.notices.map(notice),
        ...(calibration === undefined ? {} : { calibration: redacted(calibration, redactText) }),
      };
    },
    run: (run: Run): Run => ({
      ...run,
      plan: runPlan(run.plan),
      ...publicHosts(run, redactText),
      ...withoutQuotes(run, redactText, run.plan.backend !== null || declared !== undefined),
      notices: run.notices.map(notice),
      http: run.http && publicHttp(run.http),
      httpLoad: run.httpLoad && { ...run.httpLoad, total: publicHttp(run.httpLoad.total) },
      proxy: run.proxy && publicFacts(run.proxy, redactText),
    }),
    conclusion: (each: Conclusion): Conclusion =>
      redacted(each, (text) =>
        variants.some(({ name }) => name === text) ? nameOf(text) : redactText(text),
      ),
  };
}

/** Assigns numbered public names to servers that are already running, and to variants that are named after a file. */
function publicNames(variants: readonly Variant[]): Map<string, { name: string; profile: string }> {
  const targets = variants.filter(isTarget);
  const own = variants.filter(
    (each) => !isTarget(each) && (each.profile.startsWith('conf:') || /[/\\]/.test(each.name)),
  );
  const numbered = (kind: string, some: readonly Variant[]) =>
    some.map(({ name }, at) => [name, { name: `${kind}-${at + 1}`, profile: `${kind}:${at + 1}` }] as const);
  return new Map([...numbered('target', targets), ...numbered('conf', own)]);
}

/** Whether a variant is a server that is already running. */
function isTarget({ profile }: Variant): boolean {
  return profile.startsWith('target:');
}

/** Returns the names of all agents of a run. */
function agentsOf({ agents = [], proxyAgent, serverAgents = [] }: Run['plan']): string[] {
  return [...agents, ...(proxyAgent === undefined ? [] : [proxyAgent]), ...serverAgents];
}

/** Returns the public name of an agent: its number among those of the run. */
function hostName(plan: Run['plan'], name: string): string {
  return `host-${agentsOf(plan).indexOf(name) + 1}`;
}

/** Replaces the agents' names in hosts and processes with public names. */
function publicHosts(
  { plan, hosts, processes }: Run,
  redactText: (text: string) => string,
): Pick<Run, 'processes'> & Partial<Pick<Run, 'hosts'>> {
  const nameOf = (name: string) => hostName(plan, name);
  return {
    processes: processes.map((each) =>
      each.host === undefined ? each : { ...each, host: nameOf(each.host) },
    ),
    ...(hosts === undefined
      ? {}
      : {
          hosts: hosts.map((each) => ({
            ...each,
            name: nameOf(each.name),
            machine: each.machine && { ...each.machine, kernel: redactText(each.machine.kernel) },
          })),
        }),
  };
}

/** Returns a target without its address, and without anything else that its owner has named. */
function publicTarget(target: PlannedTarget): PlannedTarget {
  if (target.kind === 'sandbox') return target;
  const { certificate, subprotocols } = target;
  return {
    ...target,
    url: `${new URL(target.url).protocol}//${target.isRemote ? 'target.invalid' : 'localhost'}/`,
    certificate: certificate?.by === 'file' ? { ...certificate, path: HIDDEN } : certificate,
    subprotocols: subprotocols.map(() => HIDDEN),
  };
}

/** Common folder names. `conf` is included because it is part of the names that replace private ones. */
const COMMON_FOLDERS = new Set(
  'conf conf.d etc home local nginx opt root sites-available sites-enabled srv tmp usr var www'.split(' '),
);

/** Keys in a notice whose values are file names. */
const FILES = new Set(['argument', 'place', 'places']);

function filesIn(fact: Fact, key = ''): string[] {
  if (typeof fact === 'string') return FILES.has(key) ? [fact] : [];
  if (typeof fact !== 'object' || fact === null) return [];
  return Object.entries(fact).flatMap(([name, each]) => filesIn(each, Array.isArray(fact) ? key : name));
}

/** Returns the private parts of a path, which may end with a line number. */
function wordsOfPath(path: string): string[] {
  return path
    .replace(/:\d+$/, '')
    .split('/')
    .filter((part) => /\w/.test(part))
    .map((part) => ({ part, stem: part.replace(/\.[^.]*$/, '') }))
    .flatMap(({ part, stem }) => (COMMON_FOLDERS.has(stem) || COMMON_FOLDERS.has(part) ? [] : [part, stem]));
}

function wordsOfVariant({ profile, proxy }: Variant): string[] {
  return [
    ...(profile.startsWith('target:') ? wordsOfTarget(profile.slice('target:'.length)) : []),
    ...(profile.startsWith('conf:') ? wordsOfPath(profile.slice('conf:'.length)) : []),
    ...(proxy?.tunings ?? []).flatMap(({ text }) => [...publicConfiguration(text).words]),
  ];
}

/**
 * Returns the private parts of an address. Loopback names and addresses are the same on every machine, so
 * they are not private.
 */
function wordsOfTarget(address: string): string[] {
  if (!URL.canParse(address)) return [];
  const { hostname, pathname } = new URL(address);
  const isCommon = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
  return [...(isCommon ? [] : [hostname]), ...wordsOfPath(pathname)];
}

function publicVariant(variant: Variant, names: ReturnType<typeof publicNames>): Variant {
  const { proxy, title } = variant;
  const publicTuning = (each: Tuning) => ({ ...each, text: publicConfiguration(each.text).text });
  const other = names.get(variant.name);
  return {
    ...variant,
    ...other,
    title:
      other === undefined
        ? title
        : isTarget(variant)
          ? 'A server that is already running'
          : 'The user’s own configuration',
    proxy: proxy && { ...proxy, tunings: proxy.tunings.map(publicTuning) },
  };
}

/**
 * Returns an ID composed of the time and the variants' public names, because a name chosen by the user may be
 * private.
 */
function publicId({ id, plan }: ResultHead, variants: readonly Variant[]): string {
  const names = variants.map(({ name }) => name);
  const all = names.length > 3 ? `${names.length}-variants` : names.join('-');
  const [command] = plan.command;
  // A calibration's first variant determines all the others, so it is enough to name the first.
  const what =
    command === 'calibrate' ? `calibrate-${names[0]}` : command === 'compare' ? `compare-${all}` : all;
  return `${timeOf(id)}-${what.replace(/[^A-Za-z0-9._+-]+/g, '-').slice(0, 80)}`;
}

const UNTOLD = 'the reason is hidden, because it may quote the server, its command or the scenario file.';
/** Codes of validity reasons that quote an error. */
const QUOTING = new Set(['run-ended', 'action-failed']);

/**
 * Redacts texts that quote an error. An error from a user's server quotes the server's command and output. An error
 * from a user's scenario quotes what the scenario's code threw.
 */
function withoutQuotes(
  { outcome, validity, timeline }: Run,
  redactText: (text: string) => string,
  hidesQuotes: boolean,
): Pick<Run, 'outcome' | 'validity' | 'timeline'> {
  const quote = hidesQuotes ? () => UNTOLD : redactText;
  const isQuote = ({ code }: Finding) => hidesQuotes && QUOTING.has(code);
  const redactedValidity = redactValidity(validity, redactText);
  return {
    outcome: 'reason' in outcome ? { ...outcome, reason: quote(outcome.reason) } : outcome,
    validity: {
      ...redactedValidity,
      reasons: redactedValidity.reasons.map((reason) =>
        isQuote(reason) ? { ...reason, data: {}, text: `The run failed: ${UNTOLD}` } : reason,
      ),
    },
    timeline: timeline.map((each) => ({ ...each, failure: each.failure && quote(each.failure) })),
  };
}

function redactValidity(
  { verdict, reasons, limit }: Validity,
  redactText: (text: string) => string,
): Validity {
  return {
    verdict,
    reasons: reasons.map((reason) => redacted(reason, redactText)),
    limit: { ...limit, evidence: redacted(limit.evidence, redactText) },
  };
}

/** Returns the time in an ID. The rest of the ID is a name chosen by the user. */
function timeOf(id: string): string {
  return /^\d{8}T\d{6}Z/.exec(id)?.[0] ?? 'result';
}

/** Keys whose values are always the benchmark's own words. */
const FIXED = new Set([
  'code',
  'level',
  'kind',
  'verdict',
  'step',
  'unit',
  'name',
  'metric',
  'metrics',
  'operator',
  'over',
  'scenario',
  'startedAt',
]);

/** Redacts all texts in a value, whatever its type and nesting depth. */
function redacted<T>(value: T, redactText: (text: string) => string): T {
  const redact = (each: unknown, key: string): unknown => {
    if (typeof each === 'string')
      return FIXED.has(key) ? each : key === 'id' ? timeOf(each) : redactText(each);
    if (Array.isArray(each)) return each.map((item) => redact(item, key));
    if (typeof each !== 'object' || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([name, item]) => [name, redact(item, name)]));
  };
  return redact(value, '') as T;
}

/**
 * Redacts facts about Nginx: the error log quotes requests and addresses, and the build arguments contain
 * folder names.
 */
function publicFacts(facts: UsedProxy, redactText: (text: string) => string): UsedProxy {
  const { version, buildArguments, given, configuration, upgrade } = facts;
  return {
    ...redacted(facts, redactText),
    binary: 'nginx',
    version,
    buildArguments: buildArguments
      .split(/\s+/)
      .filter((each) => /^--with(out)?-[a-z0-9_-]+(=dynamic)?$/.test(each))
      .join(' '),
    given: given === null ? null : publicConfiguration(given).text,
    configuration: publicConfiguration(configuration).text,
    upgrade: upgrade && { ...redacted(upgrade, redactText), binary: 'nginx', version: upgrade.version },
    errorLog: [],
  };
}

/**
 * Redacts the path, and removes unusual values of X-Cache-Status. These values normally come from
 * `$upstream_cache_status`, but a configuration may use any other source.
 */
function publicHttp(leg: HttpLeg): HttpLeg {
  const cache = leg.cache && Object.entries(leg.cache).filter(([status]) => /^[A-Z]{3,11}$/.test(status));
  return {
    ...leg,
    path: isPublicWord(leg.path) ? leg.path : HIDDEN,
    cache: cache && Object.fromEntries(cache),
  };
}
