import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Problem } from '../model/failure.ts';
import { printable } from '../model/printable.ts';
import type { ResultIndex } from '../model/result.ts';
import { makeRedactor, redactResult } from '../redact/result.ts';
import { reportHtml } from '../report/html.ts';
import type { PublishRequest } from '../request/request.ts';
import { claimsPage, type PublishedResult, tellingResults } from '../site/claims.ts';
import type { Published } from '../site/series.ts';
import { GENERATOR, siteFiles } from '../site/site.ts';
import { copyFileTo, writeFileWhole } from '../store/file.ts';
import { readIndex, readResult } from '../store/read.ts';
import { INDEX_FILE, saveResult } from '../store/writer.ts';
import type { CommandContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';

/** Results that are read or copied at the same time. */
const AT_ONCE = 8;
const REPORT_FILE = 'report.html';

/** A result's folder, and whether a person named it: what was only found may be left out. */
interface Source {
  path: string;
  named: boolean;
}

/** Says what is left out and why, or throws where that will not do. */
type LeaveOut = (error: unknown, source: Source) => [];

/**
 * Makes a site of stored results: pages over all of them from their indexes, and each report with its data.
 *
 * @throws Problem where a path that was named holds no result, or where the site cannot be written
 */
export async function publish(
  request: PublishRequest,
  { terminal, services }: CommandContext,
): Promise<ExitCode> {
  const out = resolve(request.out);
  await checkOut(out);
  const leaveOut: LeaveOut = (error, { named }) => {
    if (named || !(error instanceof Problem) || error.kind === 'environment') throw error;
    terminal.say(`Left out: ${error.message}`);
    return [];
  };
  const hidden = request.redact ? services.readIdentity() : null;
  const results = join(out, 'results');
  const sources = (await Promise.all(request.paths.map(sourcesAt))).flat();
  const stored = await readAll(sources, hidden, leaveOut);
  if (stored.length === 0) {
    const where = request.paths.map(quote).join(', ');
    throw new Problem('usage', `There is no result in ${where}: name a folder that has some.`);
  }
  const placed = await inParallel(stored, (each) => {
    const placing = hidden === null ? placeCopy(each, results) : placeRedacted(each, results, hidden);
    return placing.then(
      (index) => [{ ...each, index }],
      (error) => leaveOut(error, each),
    );
  });
  const published = placed.flat();
  const telling = await readTelling(published, results, leaveOut);
  const files = siteFiles(request.title, published, [claimsPage(telling)]);
  for (const { name, text } of files) await writeFileWhole(join(out, name), text);
  await removeOthers(join(out, 'series'), new Set(files.map(({ name }) => basename(name))));
  await removeOthers(
    results,
    new Set([...published.map(({ folder }) => folder), ...keptIn(results, sources, published)]),
  );
  const count = `${published.length} ${published.length === 1 ? 'result' : 'results'}`;
  terminal.print(`Site of ${count}: ${join(out, 'index.html')}`);
  return EXIT.done;
}

/** The results with their runs that the claims are judged by; one whose runs are not there says nothing on them. */
async function readTelling(
  published: readonly (Source & Published)[],
  results: string,
  leaveOut: LeaveOut,
): Promise<PublishedResult[]> {
  const read = await inParallel(tellingResults(published), ({ folder, path }) =>
    readResult(join(results, folder)).then(
      (result) => [{ folder, result }],
      (error) => leaveOut(error, { path, named: false }),
    ),
  );
  return read.flat();
}

/** Results of the site itself that should have been published again, and could not be read. */
function keptIn(results: string, sources: readonly Source[], published: readonly Source[]): string[] {
  const done = new Set(published.map(({ path }) => path));
  const leftOut = sources.filter(({ path }) => !done.has(path) && resolve(dirname(path)) === results);
  return leftOut.map(({ path }) => basename(path));
}

/** What a path holds: itself a result, or a folder with some in it. */
async function sourcesAt(path: string): Promise<Source[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => null);
  if (entries === null) return [{ path: basename(path) === INDEX_FILE ? dirname(path) : path, named: true }];
  if (entries.some(({ name }) => name === INDEX_FILE)) return [{ path, named: true }];
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const inside = await Promise.all(
    folders.map(async ({ name }) => {
      const files = await readdir(join(path, name)).catch((): string[] => []);
      return files.includes(INDEX_FILE) ? [name] : [];
    }),
  );
  return inside
    .flat()
    .sort()
    .map((name) => ({ path: join(path, name), named: false }));
}

/**
 * Each result under its id, or what of it may be shown: the same result once, wherever it was found, and another of
 * the same id with a number.
 */
async function readAll(
  sources: readonly Source[],
  hidden: readonly string[] | null,
  leaveOut: LeaveOut,
): Promise<(Source & Published)[]> {
  const read = await inParallel(sources, (source) =>
    readIndex(source.path).then(
      (index) => [{ ...source, index }],
      (error) => leaveOut(error, source),
    ),
  );
  const stored = new Map<string, Source & Published>();
  for (const each of read.flat()) {
    const id = hidden === null ? each.index.id : makeRedactor(each.index, hidden).head.id;
    let folder = id;
    for (let number = 2; ; number++) {
      const other = stored.get(folder);
      if (other === undefined) stored.set(folder, { ...each, folder });
      if (other === undefined || isSame(other.index, each.index)) break;
      folder = `${id}-${number}`;
    }
  }
  return [...stored.values()];
}

function isSame(a: ResultIndex, b: ResultIndex): boolean {
  return a.id === b.id && a.startedAt === b.startedAt && a.plan.seed === b.plan.seed;
}

/** Copies a result as it is stored; a report that is not there is drawn. */
async function placeCopy({ path, folder, index }: Source & Published, results: string): Promise<ResultIndex> {
  const target = join(results, folder);
  const isThere = resolve(path) === target;
  const files = [INDEX_FILE, ...index.runs.map(({ file }) => file)];
  for (const file of isThere ? [] : files) await copyFileTo(join(path, file), join(target, file));
  const hasReport = isThere
    ? (await readdir(target)).includes(REPORT_FILE)
    : await copyFileTo(join(path, REPORT_FILE), join(target, REPORT_FILE));
  if (!hasReport) await writeFileWhole(join(target, REPORT_FILE), reportHtml(await readResult(path)));
  return index;
}

/** Nothing is copied: result, runs and report are written anew from what may be shown. */
async function placeRedacted(
  { path, folder }: Source & Published,
  results: string,
  hidden: readonly string[],
): Promise<ResultIndex> {
  const target = join(results, folder);
  const result = redactResult(await readResult(path), hidden);
  await rm(target, { recursive: true, force: true });
  await writeFileWhole(join(target, REPORT_FILE), reportHtml(result));
  return saveResult(target, result);
}

/** A folder that holds anything but a site is left alone: what is not published again is removed from it. */
async function checkOut(out: string): Promise<void> {
  const names = await readdir(out).catch((): string[] => []);
  const index = await readFile(join(out, 'index.html'), 'utf8').catch(() => '');
  const isOurs = index.includes(GENERATOR);
  if (isOurs || !names.some((name) => ['index.html', 'results', 'series'].includes(name))) return;
  throw new Problem(
    'usage',
    `${quote(out)} holds files that \`publish\` did not write: name an empty folder with --out.`,
  );
}

/** Removes from a folder of the site what belongs to an earlier one. */
async function removeOthers(folder: string, keep: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(folder).catch(() => []))
    if (!keep.has(name)) await rm(join(folder, name), { recursive: true, force: true });
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
