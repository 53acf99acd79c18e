import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { Problem } from '../model/failure.ts';
import { type ShippedTuning, tuningDescriptionSchema } from '../model/profile.ts';
import { reasonOf } from '../model/system-error.ts';

/**
 * Reads all tunings in a folder, sorted by name. Each consists of <name>.conf and <name>.json.
 *
 * @throws Problem('configuration') if one of the two files is missing or invalid
 */
export async function loadTunings(folder: string): Promise<ShippedTuning[]> {
  const files = await readdir(folder).catch((cause: unknown) => {
    throw new Problem(
      'configuration',
      `The tunings folder ${folder} cannot be read. Reinstall nginx-ws-bench.`,
      { cause },
    );
  });
  const names = files.filter((file) => file.endsWith('.conf')).map((file) => file.slice(0, -'.conf'.length));
  return Promise.all(names.sort().map((name) => loadTuning(folder, name)));
}

async function loadTuning(folder: string, name: string): Promise<ShippedTuning> {
  const path = join(folder, `${name}.json`);
  const [text, json] = await Promise.all([readText(join(folder, `${name}.conf`)), readText(path)]);
  const described = v.safeParse(v.pipe(v.string(), v.parseJson(), tuningDescriptionSchema), json);
  if (described.success) return { ...described.output, name, text };
  const [issue] = described.issues;
  throw new Problem('configuration', `${path}: ${v.getDotPath(issue) ?? 'the file'}: ${issue.message}.`);
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Problem('configuration', `${path} could not be read: ${reasonOf(cause)}.`, { cause });
  });
}
