import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../model/failure.ts';
import { LISTING_TITLE, type ListingEntry, listingHtml } from '../report/listing.ts';
import { readFileIn, unreadable, writeFileWhole } from '../store/file.ts';
import { readIndex } from '../store/read.ts';
import { INDEX_FILE } from '../store/writer.ts';

/** Only the newest results are listed; a longer page would not help the user. */
const MOST_ENTRIES = 50;

/**
 * Writes index.html of a reports folder: a row for each run, newest first, using only the indexes of the
 * results. A folder that cannot be read is listed with the reason. Names begin with the time, so the last
 * ones are the newest.
 *
 * @returns the path; null if the folder cannot be listed, or if it has an index.html from another source,
 * which is left alone. That is reported, but does not fail a run that was measured.
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
    say(`The list of results was not updated. ${error.message}`);
    return null;
  }
}

/** True if index.html is missing or is a listing. Anything else, even a link, is not ours. */
async function mayWrite(reports: string): Promise<boolean> {
  const there = await readFileIn(reports, 'index.html').catch(() => '');
  return there === null || there.includes(`<title>${LISTING_TITLE}</title>`);
}

/** Empty for a folder without a result of this bench. */
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
