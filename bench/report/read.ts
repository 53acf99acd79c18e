import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { decode } from '../measure/histogram.ts';
import { Problem } from '../model/failure.ts';
import { type Result, resultSchema, SCHEMA_VERSION } from '../model/result.ts';
import type { Run } from '../model/run.ts';
import { printable } from './printable.ts';

/** Far more than hours of many profiles make; a file beyond it is not read at all. */
const MOST_BYTES = 256 * 2 ** 20;

/**
 * Reads a result: the path of a result.json or of the run folder that holds it.
 *
 * @throws Problem('result') that says what is wrong with the file, where, and what to do. A result that
 * is returned has nothing in it on which figures or reports could fail.
 */
export async function readResult(path: string): Promise<Result> {
  const file = await resultFile(path);
  const value = parse(await readFile(file, 'utf8'), file);
  checkVersion(value, file);
  const parsed = v.safeParse(resultSchema, value, { abortEarly: true });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw broken(file, `${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`);
  }
  for (const [index, run] of parsed.output.runs.entries()) checkHistograms(run, `runs.${index}`, file);
  return parsed.output;
}

async function resultFile(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  const file = found?.isDirectory() ? join(path, 'result.json') : path;
  const facts = found?.isDirectory() ? await stat(file).catch(() => null) : found;
  if (facts === null) {
    throw new Problem(
      'result',
      `There is no result at ${quote(file)}: give the path of a result.json, or of a folder in reports/.`,
    );
  }
  if (!facts.isFile()) {
    throw new Problem(
      'result',
      `${quote(file)} is not a file: give the path of a result.json, or of a folder in reports/.`,
    );
  }
  if (facts.size > MOST_BYTES) {
    throw new Problem(
      'result',
      `${quote(file)} has ${facts.size} bytes, more than the ${MOST_BYTES} that a result may have: it is not one of this bench.`,
    );
  }
  return file;
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const cut = /^\s*\{/.test(text) && !/\}\s*$/.test(text);
    throw new Problem(
      'result',
      cut
        ? `${quote(file)} ends in the middle, after ${text.length} characters: it was cut off when it was written or copied. Take a whole copy, or run the bench again.`
        : `${quote(file)} is not JSON: give the path of a result.json that this bench wrote.`,
      { cause: error },
    );
  }
}

function checkVersion(value: unknown, file: string): void {
  const version =
    typeof value === 'object' && value !== null && 'schemaVersion' in value ? value.schemaVersion : undefined;
  if (version === SCHEMA_VERSION) return;
  throw new Problem(
    'result',
    typeof version === 'number'
      ? `${quote(file)} has schema version ${version}, and this bench reads version ${SCHEMA_VERSION}: use the nginx-ws-bench that wrote it, or run the bench again.`
      : `${quote(file)} is no result of this bench: it has no schemaVersion. Give the path of a result.json that this bench wrote.`,
  );
}

/** Every histogram is read once here, so that nothing later can fail on one. */
function checkHistograms(run: Run, path: string, file: string): void {
  const encoded: [place: string, text: string][] = run.slices.flatMap((slice, index) =>
    Object.entries(slice.histograms).map(([kind, text = '']): [string, string] => [
      `${path}.slices.${index}.histograms.${kind}`,
      text,
    ]),
  );
  if (run.http !== null) encoded.push([`${path}.http.latency`, run.http.latency]);
  for (const [place, text] of encoded) {
    try {
      decode(text);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw broken(file, `${place} holds no histogram: ${why}`, error);
    }
  }
}

function broken(file: string, what: string, cause?: unknown): Problem {
  return new Problem(
    'result',
    `${quote(file)} is damaged, or was not written by this bench (${printable(what).slice(0, 300)}): take a whole copy, or run the bench again.`,
    { cause },
  );
}

function quote(path: string): string {
  return `"${printable(path)}"`;
}
