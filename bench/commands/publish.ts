import { readdir, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Problem } from '../model/failure.ts';
import { printable } from '../model/printable.ts';
import type { ResultIndex } from '../model/result.ts';
import { makeRedactor, redactResult } from '../redact/result.ts';
import { reportHtml } from '../report/html.ts';
import type { PublishRequest } from '../request/request.ts';
import { claimsPage, tellingResults } from '../site/claims.ts';
import type { Published } from '../site/series.ts';
import { siteFiles } from '../site/site.ts';
import { copyFileIn, writeFileWhole } from '../store/file.ts';
import { readIndex, readResult } from '../store/read.ts';
import { INDEX_FILE, saveResult } from '../store/writer.ts';
import type { StoppableContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { beginPublication, type Publication } from './publish/publication.ts';

/** Number of results read or copied concurrently. */
const AT_ONCE = 8;
const REPORT_FILE = 'report.html';
const RESULTS = 'results';

/**
 * A result's folder, and whether the user named it. Results that were merely found in a folder may be
 * skipped.
 */
interface Source {
  path: string;
  named: boolean;
}

/** Reports which result is skipped and why; throws if that result must not be skipped. */
type LeaveOut = (error: unknown, source: Source) => [];

/**
 * Builds a site from stored results: overview pages made from their indexes, and each report with its data.
 * An existing site stays complete until the new one is ready.
 *
 * @throws Problem if a named path contains no result, or if the site cannot be written
 */
export async function publish(
  request: PublishRequest,
  { terminal, services, interruption: { signal } }: StoppableContext<'readIdentity'>,
): Promise<ExitCode> {
  const publication = await beginPublication(request.out);
  try {
    const hidden = request.redact ? services.readIdentity() : null;
    const count = await writeSite(request, publication, hidden, terminal.say, signal);
    await publication.install();
    const results = `${count} ${count === 1 ? 'result' : 'results'}`;
    terminal.print(`Site of ${results}: ${join(resolve(request.out), 'index.html')}`);
    return EXIT.done;
  } finally {
    await publication.discard();
  }
}

/** @returns the number of results in the site */
async function writeSite(
  request: PublishRequest,
  publication: Publication,
  hidden: readonly string[] | null,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const leaveOut: LeaveOut = (error, { named }) => {
    if (named || !(error instanceof Problem) || error.kind === 'environment') throw error;
    say(`Skipped: ${error.message}`);
    return [];
  };
  const { draft } = publication;
  const results = join(draft, RESULTS);
  const sources = (await Promise.all(request.paths.map(sourcesAt))).flat();
  const stored = await readAll(sources, hidden, leaveOut, signal);
  const placed = await inParallel(stored, signal, async (each) => {
    try {
      const index = await (hidden === null ? placeCopy(each, results) : placeRedacted(each, results, hidden));
      return [{ ...each, index }];
    } catch (error) {
      await rm(join(results, each.folder), { recursive: true, force: true });
      return leaveOut(error, each);
    }
  });
  const published = placed.flat();
  if (published.length === 0) {
    const where = request.paths.map(quote).join(', ');
    throw new Problem('usage', `No results found in ${where}. Name a folder that contains results.`);
  }
  for (const { path } of await leftInSite(publication, sources, published)) {
    if (hidden !== null) {
      throw new Problem(
        'result',
        `${quote(path)} is part of the site and cannot be redacted. Repair it, move it away, or publish without --redact.`,
      );
    }
    await publication.keep(basename(path));
  }
  const telling = await inParallel(tellingResults(published), signal, ({ folder, path }) =>
    readResult(join(results, folder)).then(
      (result) => [{ folder, result }],
      (error) => leaveOut(error, { path, named: false }),
    ),
  );
  for (const { name, text } of siteFiles(request.title, published, [claimsPage(telling.flat())]))
    await writeFileWhole(join(draft, name), text);
  signal.throwIfAborted();
  return published.length;
}

/**
 * Returns the results of the existing site that can no longer be read. They are kept, because the site may have
 * the only copy.
 */
async function leftInSite(
  { out }: Publication,
  sources: readonly Source[],
  published: readonly (Source & Published)[],
): Promise<Source[]> {
  const done = new Set(published.map(({ path }) => path));
  const [names, here] = [new Set(published.map(({ folder }) => folder)), join(out, RESULTS)];
  const left: Source[] = [];
  for (const source of sources) {
    if (done.has(source.path) || names.has(basename(source.path))) continue;
    if ((await realpath(dirname(source.path)).catch(() => null)) === here) left.push(source);
  }
  return left;
}

/** Results found at a path, which may be a result itself, a folder of results, or a site. */
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
  const names = inside.flat().sort();
  if (names.length === 0 && folders.some(({ name }) => name === RESULTS))
    return sourcesAt(join(path, RESULTS));
  return names.map((name) => ({ path: join(path, name), named: false }));
}

/**
 * Reads the index of each result and names its folder in the site after its id, which is redacted if
 * requested. A result found in several places appears once; if a different result has the same id, a number
 * is appended.
 */
async function readAll(
  sources: readonly Source[],
  hidden: readonly string[] | null,
  leaveOut: LeaveOut,
  signal: AbortSignal,
): Promise<(Source & Published)[]> {
  const read = await inParallel(sources, signal, (source) =>
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

/** Copies a stored result, and writes its report if it has none. */
async function placeCopy({ path, folder, index }: Source & Published, results: string): Promise<ResultIndex> {
  const target = join(results, folder);
  for (const file of [INDEX_FILE, ...index.runs.map((run) => run.file)])
    await copyFileIn(path, file, join(target, file));
  if (!(await copyFileIn(path, REPORT_FILE, join(target, REPORT_FILE))))
    await writeFileWhole(join(target, REPORT_FILE), reportHtml(await readResult(path)));
  return index;
}

/** Writes result, runs and report anew in redacted form, instead of copying any file. */
async function placeRedacted(
  { path, folder }: Source & Published,
  results: string,
  hidden: readonly string[],
): Promise<ResultIndex> {
  const target = join(results, folder);
  const result = redactResult(await readResult(path), hidden);
  await writeFileWhole(join(target, REPORT_FILE), reportHtml(result));
  return saveResult(target, result);
}

/**
 * Calls `act` for each item, several at a time. Waits until all calls have ended, even if some failed.
 *
 * @throws the first failure; the signal's reason if the signal aborts
 */
async function inParallel<T, R>(
  items: readonly T[],
  signal: AbortSignal,
  act: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const failures: unknown[] = [];
  const work = async () => {
    for (const [at, item] of queue) {
      if (failures.length > 0) return;
      signal.throwIfAborted();
      results[at] = await act(item);
    }
  };
  await Promise.all(
    Array.from({ length: AT_ONCE }, () => work().catch((error: unknown) => void failures.push(error))),
  );
  if (failures.length > 0) throw failures[0];
  return results;
}

function quote(path: string): string {
  return `"${printable(path)}"`;
}
