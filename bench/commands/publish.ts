import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Problem } from '../model/failure.ts';
import { printable } from '../model/printable.ts';
import type { ResultIndex } from '../model/result.ts';
import { reportHtml } from '../report/html.ts';
import type { PublishRequest } from '../request/request.ts';
import type { Published } from '../site/series.ts';
import { GENERATOR, siteFiles } from '../site/site.ts';
import { copyFileTo, writeFileWhole } from '../store/file.ts';
import { readIndex, readResult } from '../store/read.ts';
import { INDEX_FILE } from '../store/writer.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** Results that are read or copied at the same time. */
const AT_ONCE = 8;

/** A result's folder, and whether a person named it: what was only found may be left out. */
interface Source {
  path: string;
  named: boolean;
}

/** A result that is to be published, and where it lies. */
type Stored = Source & Published;

/**
 * Makes a site of stored results: pages over all of them from their indexes, and each report with its data.
 *
 * @throws Problem where a path that was named holds no result, or where the site cannot be written
 */
export async function publish(request: PublishRequest, terminal: Terminal): Promise<ExitCode> {
  const out = resolve(request.out);
  await checkOut(out);
  const sources = (await Promise.all(request.paths.map(sourcesAt))).flat();
  const leaveOut = (error: unknown, { named }: Source): [] => {
    if (named || !(error instanceof Problem) || error.kind === 'environment') throw error;
    terminal.say(`Left out: ${error.message}`);
    return [];
  };
  const indexes = await inParallel(sources, (source) =>
    readIndex(source.path).then(
      (index) => [{ ...source, index }],
      (error) => leaveOut(error, source),
    ),
  );
  const stored = foldersOf(indexes.flat());
  if (stored.length === 0) {
    throw new Problem(
      'usage',
      `There is no result in ${request.paths.map(quote).join(', ')}: name a folder that has some.`,
    );
  }
  const placed = await inParallel(stored, (each) =>
    place(each, join(out, 'results', each.folder)).then(
      () => [each],
      (error) => leaveOut(error, each),
    ),
  );
  const published = placed.flat();
  const files = siteFiles(request.title, published);
  for (const { name, text } of files) await writeFileWhole(join(out, name), text);
  await removeOthers(
    join(out, 'series'),
    files.map(({ name }) => join(out, name)),
  );
  await removeOthers(join(out, 'results'), [
    ...published.map(({ folder }) => join(out, 'results', folder)),
    ...sources.map(({ path }) => resolve(path)),
  ]);
  terminal.print(
    `Site of ${published.length} ${published.length === 1 ? 'result' : 'results'}: ${join(out, 'index.html')}`,
  );
  return EXIT.done;
}

/** What a path holds: itself a result, or a folder with some in it. */
async function sourcesAt(path: string): Promise<Source[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => null);
  if (entries === null) return [{ path: path.endsWith(INDEX_FILE) ? dirname(path) : path, named: true }];
  if (entries.some(({ name }) => name === INDEX_FILE)) return [{ path, named: true }];
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const inside = await Promise.all(
    folders.map(async ({ name }) => ((await readdir(join(path, name))).includes(INDEX_FILE) ? [name] : [])),
  );
  return inside
    .flat()
    .sort()
    .map((name) => ({ path: join(path, name), named: false }));
}

/** Each result under its id; the same result once, wherever it was found, and another of the same id with a number. */
function foldersOf(found: readonly (Source & { index: ResultIndex })[]): Stored[] {
  const stored = new Map<string, Stored>();
  for (const each of found) {
    for (let number = 1; ; number++) {
      const folder = number === 1 ? each.index.id : `${each.index.id}-${number}`;
      const other = stored.get(folder);
      if (other === undefined) stored.set(folder, { ...each, folder });
      else if (!isSame(other.index, each.index)) continue;
      break;
    }
  }
  return [...stored.values()];
}

function isSame(a: ResultIndex, b: ResultIndex): boolean {
  return a.startedAt === b.startedAt && a.plan.seed === b.plan.seed;
}

/** Puts a result with its data into the site; a report that is not there is drawn. */
async function place({ path, index }: Stored, folder: string): Promise<void> {
  const isThere = resolve(path) === folder;
  for (const file of isThere ? [] : [INDEX_FILE, ...index.runs.map(({ file }) => file)])
    await copyFileTo(join(path, file), join(folder, file));
  const page = 'report.html';
  const hasReport = await copyFileTo(join(path, page), isThere ? join(path, page) : join(folder, page));
  if (!hasReport) await writeFileWhole(join(folder, page), reportHtml(await readResult(path)));
}

/** A folder that holds anything but a site is left alone: what is not published again is removed from it. */
async function checkOut(out: string): Promise<void> {
  const names = await readdir(out).catch(() => []);
  const index = await readFile(join(out, 'index.html'), 'utf8').catch(() => '');
  if (index.includes(GENERATOR) || !names.some((name) => ['index.html', 'results', 'series'].includes(name)))
    return;
  throw new Problem(
    'usage',
    `${quote(out)} holds files that \`publish\` did not write: name an empty folder with --out.`,
  );
}

/** Removes from a folder of the site what belongs to an earlier one. */
async function removeOthers(folder: string, keep: readonly string[]): Promise<void> {
  const kept = new Set(keep);
  const paths = (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
  for (const path of paths) if (!kept.has(path)) await rm(path, { recursive: true, force: true });
}

async function inParallel<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const work = async () => {
    for (const [at, item] of queue) results[at] = await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

function quote(path: string): string {
  return `"${printable(path)}"`;
}
