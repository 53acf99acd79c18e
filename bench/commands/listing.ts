import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../model/failure.ts';
import { LISTING_TITLE, type ListingEntry, listingHtml } from '../report/listing.ts';
import { readFileIn, unreadable, writeFileWhole } from '../store/file.ts';
import { readIndex } from '../store/read.ts';
import { INDEX_FILE } from '../store/writer.ts';

/** At most this many of the newest results are listed, to keep the page readable. */
const MOST_ENTRIES = 50;

/**
 * Writes index.html of a reports folder: one row per run, newest first, read from the result indexes only. A
 * folder that cannot be read is listed with the reason. Folder names begin with the time, so the last names
 * are the newest.
 *
 * @returns the path of index.html; null if it was not written. An index.html from another source is left
 * alone without a message. An error is reported, but does not fail a run that has been measured.
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

/** Whether index.html is missing or is one of our listings. Anything else, including a link, is not ours. */
async function mayWrite(reports: string): Promise<boolean> {
  const there = await readFileIn(reports, 'index.html').catch(() => '');
  return there === null || there.includes(`<title>${LISTING_TITLE}</title>`);
}

/** Returns the entry for a folder; empty if the folder contains no result of this bench. */
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
