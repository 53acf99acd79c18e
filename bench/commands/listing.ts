import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../model/failure.ts';
import { LISTING_TITLE, type ListingEntry, listingHtml } from '../report/listing.ts';
import { readFileIn, unreadable, writeFileWhole } from '../store/file.ts';
import { readIndex } from '../store/read.ts';
import { INDEX_FILE } from '../store/writer.ts';

/** The newest of them; a page with more is of no use to a person. */
const MOST_ENTRIES = 50;

/**
 * Writes index.html of a reports folder: a row for each run, the newest first, from the indexes of the results
 * alone. A folder that cannot be read is listed with the reason. Names begin with the time, so the last of
 * them are the newest.
 *
 * @returns the path, or null where somebody else's index.html is in the way (that one is left alone), or where the
 * folder cannot be listed. That is said, but a run that was measured does not fail on it.
 */
export async function writeListing(reports: string, say: (line: string) => void): Promise<string | null> {
  if (!(await mayWrite(reports))) return null;
  try {
    const items = await readdir(reports, { withFileTypes: true }).catch((error) => {
      throw unreadable(reports, error);
    });
    const folders = items
      .filter((item) => item.isDirectory() && !item.name.startsWith('.'))
      .map(({ name }) => name)
      .toSorted()
      .slice(-MOST_ENTRIES);
    const entries = (await Promise.all(folders.map((folder) => entryOf(reports, folder)))).flat();
    return await writeFileWhole(join(reports, 'index.html'), listingHtml(entries));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    say(`The list of results is not up to date. ${error.message}`);
    return null;
  }
}

/** Whether index.html is missing, or a listing. Somebody else's may be anything, a link as well. */
async function mayWrite(reports: string): Promise<boolean> {
  const there = await readFileIn(reports, 'index.html').catch(() => '');
  return there === null || there.includes(`<title>${LISTING_TITLE}</title>`);
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
