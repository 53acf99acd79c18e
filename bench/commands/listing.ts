import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../model/failure.ts';
import { LISTING_TITLE, type ListingEntry, listingHtml } from '../report/listing.ts';
import { writeFileWhole } from '../store/file.ts';
import { readIndex } from '../store/read.ts';
import { INDEX_FILE } from '../store/writer.ts';

/** The newest of them; a page with more is of no use to a person. */
const MOST_ENTRIES = 50;

/**
 * Writes index.html of a reports folder: a row for each run, the newest first, from the indexes of the results
 * alone. A folder that cannot be read is listed with the reason. Names begin with the time, so the last of
 * them are the newest.
 *
 * @returns the path, or null where somebody else's index.html is in the way (that one is left alone) or the
 * folder cannot be listed: a run that was measured does not fail on it
 */
export async function writeListing(reports: string): Promise<string | null> {
  const there = await readFile(join(reports, 'index.html'), 'utf8').catch(() => null);
  if (there !== null && !there.includes(`<title>${LISTING_TITLE}</title>`)) return null;
  try {
    const folders = (await readdir(reports, { withFileTypes: true }))
      .filter((item) => item.isDirectory() && !item.name.startsWith('.'))
      .map(({ name }) => name)
      .toSorted()
      .slice(-MOST_ENTRIES);
    const entries = (await Promise.all(folders.map((folder) => entryOf(reports, folder)))).flat();
    return await writeFileWhole(join(reports, 'index.html'), listingHtml(entries));
  } catch {
    return null;
  }
}

/** None for a folder that has nothing of this bench in it. */
async function entryOf(reports: string, folder: string): Promise<ListingEntry[]> {
  const has = (file: string) =>
    access(join(reports, folder, file)).then(
      () => true,
      () => false,
    );
  const hasReport = await has('report.html');
  if (!hasReport && !(await has(INDEX_FILE))) return [];
  try {
    return [{ folder, hasReport, index: await readIndex(join(reports, folder)), problem: '' }];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [{ folder, hasReport, index: null, problem: error.message }];
  }
}
