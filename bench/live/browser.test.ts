import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../test/browser.ts';
import { makeOpenFolder } from '../../test/folder.ts';
import { makeResult } from '../../test/result.ts';
import { serveLive } from './live.ts';

const CLI = fileURLToPath(new URL('../cli.js', import.meta.url));

let browser: Browser;
before(async () => {
  browser = await launchBrowser();
});
after(() => browser?.close());

/** A page, and the errors and warnings on its console. */
async function opened(url: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, complaints };
}

/** Starts a bench that runs both steps of `direct`; `url` resolves as soon as the live report is served. */
async function benchUnderWay(t: TestContext) {
  const reports = makeOpenFolder(join(tmpdir(), 'live-test-'));
  t.after(() => rm(reports, { recursive: true, force: true }));
  const line =
    '-p direct -c 20 -d 2s -w 300ms --steps throughput,latency -R 500 --no-http --json --live --reports';
  const bench = spawn(process.execPath, [CLI, ...line.split(' '), reports], { signal: t.signal });
  let out = '';
  bench.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  const ended = once(bench, 'close').then(([code]) => ({ code, summary: JSON.parse(out) }));
  const url = await new Promise<string>((resolve) => {
    let said = '';
    bench.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
      const [found] = /http:\S+/.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  return { url, ended };
}

test('a page that joins late sees earlier measurements, and closing one has no effect', {
  timeout: 300_000,
}, async (t) => {
  const { url, ended } = await benchUnderWay(t);
  const early = await opened(url);
  await early.page.locator('#state', { hasText: 'direct, throughput' }).waitFor();
  const report = early.page.frameLocator('iframe:not(.coming)');
  await report.locator('h1', { hasText: 'direct' }).waitFor();
  await early.page.locator('#state', { hasText: 'Run 2 of 2' }).waitFor();
  const late = await opened(url);
  await late.page.locator('#state', { hasText: 'direct, latency' }).waitFor();
  const first = late.page.frameLocator('iframe:not(.coming)');
  await first.locator('h1', { hasText: 'direct' }).waitFor();
  await first.getByRole('heading', { name: 'All runs' }).click();
  await early.page.close();

  const { code, summary } = await ended;
  assert.equal(code, 0);
  assert.deepEqual(
    summary.runs.map((run: { step: string; messages: { lost: number } }) => [run.step, run.messages.lost]),
    [
      ['throughput', 0],
      ['latency', 0],
    ],
  );
  await late.page.locator('#link', { hasText: 'finished: this is the complete report' }).waitFor();
  const whole = late.page.frameLocator('iframe:not(.coming)');
  await whole.locator('#latency').waitFor();
  // Sections that were open before the report was redrawn are still open.
  await whole.getByText('Every run').waitFor();
  assert.equal(await whole.locator('.folded > details[open]').count(), 1);
  assert.equal(await late.page.locator('iframe').count(), 1);
  assert.deepEqual([early.complaints, late.complaints], [[], []]);
  await late.page.close();
});

test('a page of another site can neither read nor frame the live report', { timeout: 300_000 }, async (t) => {
  const { endedAt: _, conclusions: _c, runs: _r, ...head } = makeResult([]);
  const live = await serveLive(head, null, () => performance.now());
  t.after(() => live.end(makeResult([]), AbortSignal.abort()));
  const other = createServer((_, response) =>
    response.setHeader('Content-Type', 'text/html').end('<p>hello'),
  );
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const { page } = await opened(`http://localhost:${(other.address() as AddressInfo).port}/`);
  const got = await page.evaluate(`(async () => {
    const outcome = (options) => fetch('${live.url}', options).then((response) => response.type, () => 'refused');
    const frame = document.createElement('iframe');
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
    frame.src = '${live.url}';
    document.body.append(frame);
    await loaded;
    return [await outcome({}), await outcome({ mode: 'no-cors' }), frame.contentDocument === null];
  })()`);
  assert.deepEqual(got, ['refused', 'refused', true]);
  await page.close();
});
