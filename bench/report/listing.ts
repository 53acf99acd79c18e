import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { figuresOf } from '../measure/figures.ts';
import { Problem } from '../model/failure.ts';
import type { Result } from '../model/result.ts';
import { type Content, html, type Markup } from './markup.ts';
import { formatRate, formatTime } from './page/format.ts';
import { pageOf } from './page.ts';
import { readResult } from './read.ts';
import { table } from './table.ts';
import { writeFileWhole } from './write.ts';

const TITLE = 'Reports of nginx-ws-bench';
/** Each is read in full. */
const MOST_ENTRIES = 50;

/** A folder of reports/: its result, or the sentence that says why it cannot be read. */
interface Entry {
  folder: string;
  result: Result | null;
  problem: string;
  hasReport: boolean;
}

/**
 * Writes index.html of a reports folder: one row for each run folder, the newest first. A folder that
 * cannot be read is listed with the reason. Names begin with the time, so the last of them are the newest.
 * Returns the path, or null where somebody else's index.html is in the way: that one is left alone.
 *
 * @throws Problem('environment') as `writeFileWhole`
 */
export async function writeListing(reports: string): Promise<string | null> {
  const there = await readFile(join(reports, 'index.html'), 'utf8').catch(() => null);
  if (there !== null && !there.includes(`<title>${TITLE}</title>`)) return null;
  const folders = (await readdir(reports, { withFileTypes: true }))
    .filter((item) => item.isDirectory() && !item.name.startsWith('.'))
    .map(({ name }) => name)
    .toSorted()
    .slice(-MOST_ENTRIES);
  const entries: Entry[] = [];
  for (const folder of folders) {
    const entry = await entryOf(reports, folder);
    if (entry !== null) entries.push(entry);
  }
  return writeFileWhole(reports, 'index.html', listingHtml(entries.toSorted(newestFirst)));
}

/** Null for a folder that has nothing of this bench in it. */
async function entryOf(reports: string, folder: string): Promise<Entry | null> {
  const hasReport = await isFile(join(reports, folder, 'report.html'));
  if (!hasReport && !(await isFile(join(reports, folder, 'result.json')))) return null;
  try {
    return { folder, result: await readResult(join(reports, folder)), problem: '', hasReport };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { folder, result: null, problem: error.message, hasReport };
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}

/** By the time at which they started; what cannot be read goes to the end. */
function newestFirst(a: Entry, b: Entry): number {
  return (
    (b.result?.startedAt ?? '').localeCompare(a.result?.startedAt ?? '') || b.folder.localeCompare(a.folder)
  );
}

function listingHtml(entries: readonly Entry[]): string {
  const columns = [
    { title: 'Report' },
    { title: 'Started', text: true },
    { title: 'Profile', text: true },
    { title: 'Validity', text: true },
    { title: 'Messages' },
    { title: 'p50' },
    { title: 'p99' },
  ];
  const body = html`<header class="wide masthead"><h1>${TITLE}</h1><p>The newest first.</p></header>
<main class="wide"><section>
${entries.length === 0 ? html`<p>No run yet.</p>` : table('Runs in this folder', columns, entries.flatMap(rowsOf))}
${entries.filter(({ result }) => result === null).map(({ folder, problem }) => html`<p class="broken">${folder}: ${problem}</p>`)}
</section></main>`;
  return pageOf(TITLE, body);
}

function rowsOf(entry: Entry): Content[][] {
  if (entry.result === null) return [[link(entry, entry.folder), 'cannot be read', '', '', '', '', '']];
  const { result } = entry;
  const heading = link(entry, result.id);
  if (result.runs.length === 0) return [[heading, result.startedAt, 'no run ended', '', '', '', '']];
  return result.runs.map((run) => {
    const figures = figuresOf(run);
    const times = figures.latencies[figures.latencyName];
    return [
      heading,
      result.startedAt,
      run.plan.profile,
      run.outcome.state === 'completed' ? run.validity.verdict : run.outcome.state,
      formatRate(figures.messages.perSecond),
      formatTime(times?.p50),
      formatTime(times?.p99),
    ];
  });
}

/** Relative, so that the folder can be moved or served as it is. */
function link({ folder, hasReport }: Entry, text: string): Markup {
  return hasReport ? html`<a href="./${encodeURIComponent(folder)}/report.html">${text}</a>` : html`${text}`;
}
