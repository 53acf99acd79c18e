import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { axeViolations, contrastViolations } from '../../test/axe.ts';
import { launchBrowser } from '../../test/browser.ts';
import { makeHistory } from '../../test/history.ts';
import { siteFiles } from './site.ts';

let browser: Browser;
let folder: string;
const pages: string[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nginx-ws-bench-site-'));
  const published = makeHistory(40).map((index) => ({ folder: index.id, index }));
  for (const { name, text } of siteFiles('A site', published)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
    if (name.endsWith('.html')) pages.push(name);
  }
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Opens a page of the site. The page must not log errors or request anything except itself. */
async function visit(
  name: string,
  options: BrowserContextOptions,
  look: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options);
  const told: string[] = [];
  try {
    const page = await context.newPage();
    page.on('console', (message) => told.push(message.text()));
    page.on('pageerror', (error) => told.push(String(error)));
    page.on('request', (request) => {
      if (!request.isNavigationRequest()) told.push(request.url());
    });
    await page.goto(pathToFileURL(join(folder, name)).href);
    await look(page);
    assert.deepEqual(told, [], name);
  } finally {
    await context.close();
  }
}

const aSeries = () => pages.find((name) => name.startsWith('series/tls-throughput')) ?? assert.fail();
const shown = (page: Page, within: string) => page.locator(`${within} [data-has]:visible`).count();

test('axe finds nothing in the index and in a series, light and dark, and both fit a width of 360 px', async () => {
  for (const name of ['index.html', aSeries()]) {
    await visit(name, { colorScheme: 'light' }, async (page) => {
      assert.deepEqual(await axeViolations(page), [], name);
      // In the dark, nothing but the colours is different.
      await page.emulateMedia({ colorScheme: 'dark' });
      assert.deepEqual(await contrastViolations(page), [], name);
      await page.setViewportSize({ width: 360, height: 800 });
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, name);
    });
  }
});

test('the keyboard filters series, changes, comparisons and results, and the URL restores the filters', async () => {
  await visit('index.html', {}, async (page) => {
    const all = await shown(page, '#results');
    assert.equal(all, 40);
    await page.locator('#filter-profile').focus();
    await page.keyboard.press('t');
    assert.equal(await page.locator('#filter-profile option:checked').textContent(), 'tls');
    assert.equal(await shown(page, '#results'), 36);
    assert.equal(await shown(page, '#trends'), 2);
    assert.equal(await shown(page, '#comparisons'), 0);
    assert.ok(await page.locator('#comparisons .none').isVisible());
    assert.equal(await page.locator('#matches').textContent(), '36 of 40 results');
    await page.locator('#filter-nginx').selectOption({ label: '1.26.3' });
    assert.equal(await shown(page, '#results'), 14);
    assert.match(page.url(), /#profile=tls&nginx=1\.26\.3$/);
    await page.reload();
    assert.equal(await shown(page, '#results'), 14);
    await page.locator('#filters button').focus();
    await page.keyboard.press('Enter');
    assert.equal(await shown(page, '#results'), all);
    assert.equal(await page.locator('.none:visible').count(), 0);
  });
});

test('without JavaScript, everything except for the filters is there', async () => {
  await visit('index.html', { javaScriptEnabled: false }, async (page) => {
    assert.equal(await shown(page, '#results'), 40);
    assert.ok(!(await page.locator('#filters').isVisible()));
    assert.ok((await page.locator('svg.spark:visible').count()) > 10);
    await page.locator('#trends a').first().click();
    // A click does not wait for the page that it opens.
    await page.locator('svg.plot').first().waitFor();
    await page.locator('header a').click();
    await page.locator('h1', { hasText: /^A site$/ }).waitFor();
  });
});
