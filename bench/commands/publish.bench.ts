import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launchBrowser } from '../../test/browser.ts';
import { makeHistory } from '../../test/history.ts';
import { makeBothSteps } from '../../test/result.ts';
import { reportHtml } from '../report/html.ts';
import { INDEX_FILE } from '../store/writer.ts';
import { main } from './main.ts';
import { services } from './wiring.ts';

/**
 * Benchmarks publishing: publishes made-up results (1,000, or the given number), each with one file per run
 * and a report, then opens the index in a browser. Prints times in seconds.
 */
const count = Number(process.argv[2] ?? 1000);
const folder = await mkdtemp(join(tmpdir(), 'nginx-ws-bench-publish-'));
try {
  await writeReports(join(folder, 'reports'));
  const terminal = {
    print: (text: string) => void process.stdout.write(`${text}\n`),
    say: (line: string) => void process.stderr.write(`${line}\n`),
    draw: null,
    columns: null,
    rows: null,
  };
  const argv = ['publish', join(folder, 'reports'), '--out', join(folder, 'site')];
  const started = performance.now();
  await main(argv, terminal, { signals: process, debug: true, exit: process.exit }, services);
  print('published in', started);
  await open(join(folder, 'site/index.html'));
} finally {
  await rm(folder, { recursive: true, force: true });
}

function print(what: string, since: number): void {
  process.stdout.write(`${what} ${((performance.now() - since) / 1000).toFixed(2)} s\n`);
}

async function writeReports(reports: string): Promise<void> {
  const example = makeBothSteps(3);
  const page = reportHtml(example);
  const [run] = example.runs;
  for (const index of makeHistory(count)) {
    await mkdir(join(reports, index.id, 'runs'), { recursive: true });
    await writeFile(join(reports, index.id, INDEX_FILE), JSON.stringify(index, null, 1));
    await writeFile(join(reports, index.id, 'report.html'), page);
    for (const { file, variant, step, round } of index.runs) {
      const text = JSON.stringify({ ...run, plan: { ...run?.plan, variant, step, round } });
      await writeFile(join(reports, index.id, file), text);
    }
  }
}

/** Waits until the page is drawn and its filters work. */
async function open(path: string): Promise<void> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    for (let time = 0; time < 3; time++) {
      const started = performance.now();
      await page.goto(pathToFileURL(path).href);
      await page.locator('#filters').waitFor();
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
      print('index opened in', started);
    }
  } finally {
    await browser.close();
  }
}
