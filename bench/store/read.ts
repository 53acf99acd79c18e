import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { decode } from '../measure/histogram.ts';
import type { Declaration } from '../model/declaration.ts';
import { Problem } from '../model/failure.ts';
import type { Step } from '../model/plan.ts';
import { printable } from '../model/printable.ts';
import {
  type Result,
  type ResultIndex,
  type RunSummary,
  resultIndexSchema,
  SCHEMA_VERSION,
} from '../model/result.ts';
import { type Run, runSchema } from '../model/run.ts';
import { systemCode } from '../model/system-error.ts';
import { declaredDefinition, disagreement, united } from '../scenarios/declared.ts';
import type { ScenarioDefinition } from '../scenarios/definition.ts';
import { addScenario, SCENARIOS } from '../scenarios/registry.ts';
import { readFileIn, unreadable } from './file.ts';
import { convertVersion1, fields } from './version-1.ts';
import { INDEX_FILE, summaryOf } from './writer.ts';

/**
 * Reads a result with its runs, given the path of its result.json or of its folder. A result from an older version is
 * converted. Figures and reports can be derived from every returned result without errors.
 *
 * @throws Problem('usage') if there is no such file; Problem('result') that states what is wrong, where, and how to fix
 *   it
 */
export async function readResult(path: string): Promise<Result> {
  const { value, file, root } = await readIndexJson(path);
  if (versionOf(value) === 1) return convertedFrom1(value, file);
  const index = parsedIndex(value, file);
  const runs = await Promise.all(
    index.runs.map(async (summary) => {
      const runFile = join(root, summary.file);
      const run = checkedRun(await readRunJson(root, summary.file), '', runFile);
      checkSame(summary, run, runFile);
      return run;
    }),
  );
  return { ...index, runs };
}

/**
 * Checks that a run's file belongs to the index. If files of two results were mixed in one folder, they would
 * form a result that nobody measured.
 */
function checkSame({ variant, step, round }: RunSummary, { plan }: Run, file: string): void {
  if (plan.variant === variant && plan.step === step && plan.round === round) return;
  throw new Problem(
    'result',
    `${quote(file)} contains a different run from the one in the index. Copy the complete folder of the result, or run the bench again.`,
  );
}

/**
 * Reads only a result's index, which is small regardless of the amount of data measured. In version 1, the
 * runs are in the same file; they are reduced to summaries.
 *
 * @throws like `readResult`
 */
export async function readIndex(path: string): Promise<ResultIndex> {
  const { value, file } = await readIndexJson(path);
  if (versionOf(value) !== 1) return parsedIndex(value, file);
  const result = convertedFrom1(value, file);
  return {
    ...result,
    runs: result.runs.map((run, at) => summaryOf(`runs/${at + 1}-${run.plan.step}.json`, run)),
  };
}

function parsedIndex(value: unknown, file: string): ResultIndex {
  checkVersion(value, file);
  const parsed = v.safeParse(resultIndexSchema, value, { abortEarly: true });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw broken(file, `${v.getDotPath(issue) ?? 'the whole file'}: ${issue.message}`);
  }
  const { plan, runs } = parsed.output;
  if (plan.declared !== undefined) addDeclared(plan.declared, plan.scenario, file);
  knownScenario(plan.scenario, file);
  for (const [at, step] of plan.steps.entries())
    checkStep(ownerOf(step) ?? plan.scenario, step, `plan.steps.${at}`, file);
  for (const [at, { step, load }] of runs.entries())
    checkStep(load?.workload.scenario ?? plan.scenario, step, `runs.${at}.step`, file);
  return parsed.output;
}

/**
 * Makes the user's scenario available as it is declared in a result; the scenario's file is not read. If a scenario of
 * this name is already known, from its file or from another result, only the declarations that are new in this result
 * are added.
 */
function addDeclared(declared: Declaration, scenario: string, file: string): void {
  const known = SCENARIOS.find(({ name }) => name === declared.name);
  if (declared.name !== scenario)
    throw broken(file, 'plan.declared.name: it is not the name of the scenario');
  if (known === undefined) {
    addScenario(declaredDefinition(declared), null);
    return;
  }
  const differing = known.declared === undefined ? null : disagreement(known.declared, declared);
  if (known.declared === undefined || differing !== null)
    throw new Problem(
      'result',
      `${quote(file)} declares its own scenario ${declared.name}, ${differing === null ? 'although a built-in scenario has that name' : `which differs from another scenario of that name in ${differing}`}. Give the scenarios different names, or read their results separately.`,
    );
  if (isDeepStrictEqual(known.declared, declared)) return;
  const whole = declaredDefinition(united(known.declared, declared));
  const { recorded, conservation, phasesRead, metrics, steps, listed } = whole;
  addScenario(
    {
      ...known,
      recorded,
      conservation,
      phasesRead,
      metrics,
      steps,
      listed,
      declared: whole.declared ?? declared,
    },
    null,
  );
}

/** Returns the name of the scenario that has this step. A result may have runs of several scenarios. */
function ownerOf(step: Step): string | undefined {
  return SCENARIOS.find(({ steps }) => steps.some(({ name }) => name === step))?.name;
}

/** Returns the definition of a scenario that is named in a result or in one of its runs. */
function knownScenario(name: string, file: string): ScenarioDefinition {
  const scenario = SCENARIOS.find((each) => each.name === name);
  if (scenario !== undefined) return scenario;
  throw new Problem(
    'result',
    `${quote(file)} uses the scenario ${name}, which this version of the bench does not have. Use the version of nginx-ws-bench that wrote it, or run the bench again.`,
  );
}

/** Checks that the scenario and its step exist, because the code for figures and reports looks them up by name. */
function checkStep(name: string, step: Step, place: string, file: string): void {
  if (!knownScenario(name, file).steps.some((each) => each.name === step))
    throw broken(file, `${place}: ${step} is not a step of the scenario ${name}`);
}

function convertedFrom1(value: unknown, file: string): Result {
  const { runs, ...index } = convertVersion1(value);
  const parsed = parsedIndex({ ...index, runs: [] }, file);
  return { ...parsed, runs: runs.map((run, at) => checkedRun(run, `runs.${at}.`, file)) };
}

/** Returns a result's folder and the name of its index, given the path of either. */
async function placeOf(path: string): Promise<{ root: string; name: string }> {
  const facts = await stat(path).catch((error: unknown) => {
    if (systemCode(error) === 'EACCES') throw unreadable(path, error);
    return null;
  });
  return facts?.isDirectory()
    ? { root: path, name: INDEX_FILE }
    : { root: dirname(path), name: basename(path) };
}

/** @returns the index as a JSON value, and its path */
async function readIndexJson(path: string): Promise<{ value: unknown; file: string; root: string }> {
  const { root, name } = await placeOf(path);
  const file = join(root, name);
  const text = await readFileIn(root, name);
  if (text === null) {
    throw new Problem(
      'usage',
      `There is no result at ${quote(file)}. Use the path of a result.json, or of a folder in reports/.`,
    );
  }
  return { value: parsedJson(text, file), file, root };
}

async function readRunJson(root: string, name: string): Promise<unknown> {
  const text = await readFileIn(root, name);
  const file = join(root, name);
  if (text === null) {
    throw new Problem(
      'result',
      `${quote(file)} is missing, although it is part of the result. Copy the complete folder, or run the bench again.`,
    );
  }
  return parsedJson(text, file);
}

function parsedJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const cut = /^\s*\{/.test(text) && !/\}\s*$/.test(text);
    throw new Problem(
      'result',
      cut
        ? `${quote(file)} is cut off after ${text.length} characters. Copy the complete file, or run the bench again.`
        : `${quote(file)} is not JSON. Use the path of a result.json that this bench wrote.`,
      { cause: error },
    );
  }
}

function versionOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'schemaVersion' in value
    ? value.schemaVersion
    : undefined;
}

function checkVersion(value: unknown, file: string): void {
  const version = versionOf(value);
  if (version === SCHEMA_VERSION) return;
  throw new Problem(
    'result',
    typeof version === 'number'
      ? `${quote(file)} has schema version ${version}, but this bench reads versions 1 to ${SCHEMA_VERSION}. Use the version of nginx-ws-bench that wrote it, or run the bench again.`
      : `${quote(file)} is not a result of this bench, because it has no schemaVersion. Use the path of a result.json that this bench wrote.`,
  );
}

/**
 * Adds process roles to results from versions that did not record them. In such results, only the process
 * name distinguishes the Nginx master from its workers.
 */
function withRoles(value: unknown): unknown {
  const run = fields(value);
  if (!Array.isArray(run.processes)) return value;
  const processes = run.processes.map((each) => {
    const { component, name, ...rest } = fields(each);
    const ofProxy = name === 'nginx master' ? 'master' : 'worker';
    return { role: component === 'proxy' ? ofProxy : component, component, name, ...rest };
  });
  return { ...run, processes };
}

/**
 * Returns a run after checking that all its histograms can be decoded, so that later code does not have to
 * handle errors.
 */
function checkedRun(value: unknown, path: string, file: string): Run {
  const parsed = v.safeParse(runSchema, withRoles(value), { abortEarly: true });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw broken(file, `${path}${v.getDotPath(issue) ?? 'the whole run'}: ${issue.message}`);
  }
  const { step, workload } = parsed.output.plan;
  checkStep(workload.scenario, step, `${path}plan.step`, file);
  checkHistograms(parsed.output, path, file);
  return parsed.output;
}

function checkHistograms(run: Run, path: string, file: string): void {
  const encoded: [place: string, text: string][] = run.slices.flatMap((slice, index) =>
    Object.entries(slice.histograms).map(([kind, text = '']): [string, string] => [
      `${path}slices.${index}.histograms.${kind}`,
      text,
    ]),
  );
  if (run.http !== null) encoded.push([`${path}http.latency`, run.http.latency]);
  if (run.httpLoad !== null) {
    encoded.push([`${path}httpLoad.total.latency`, run.httpLoad.total.latency]);
    for (const [index, { latency }] of run.httpLoad.course.entries())
      encoded.push([`${path}httpLoad.course.${index}.latency`, latency]);
  }
  for (const [place, text] of encoded) {
    try {
      decode(text);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw broken(file, `${place} is not a histogram: ${why}`, error);
    }
  }
}

function broken(file: string, what: string, cause?: unknown): Problem {
  return new Problem(
    'result',
    `${quote(file)} is damaged, or was not written by this bench (${printable(what).slice(0, 300)}). Copy the complete folder, or run the bench again.`,
    { cause },
  );
}

function quote(path: string): string {
  return `"${printable(path)}"`;
}
