import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { axeViolations, contrastViolations } from '../../test/axe.ts';
import { launchBrowser } from '../../test/browser.ts';
import { withEveryString } from '../../test/hostile.ts';
import { disturb } from '../../test/machine.ts';
import { makeBothSteps, makeResult } from '../../test/result.ts';
import { makeRun, OPEN } from '../../test/run.ts';
import { stored } from '../model/finding.ts';
import type { Result } from '../model/result.ts';
import { summaryOf } from '../store/writer.ts';
import { reportHtml } from './html.ts';
import { listingHtml } from './listing.ts';

let browser: Browser;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nginx-ws-bench-test-'));
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Everything that a page did in addition to showing itself. */
interface Events {
  complaints: string[];
  requests: string[];
  dialogs: number;
}

/** Opens a file in a separate browser context, passes the page to `look`, and always closes the context. */
async function visit(
  path: string,
  options: BrowserContextOptions,
  look: (page: Page, events: Events) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const events: Events = { complaints: [], requests: [], dialogs: 0 };
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) events.complaints.push(message.text());
    });
    page.on('pageerror', (error) => events.complaints.push(String(error)));
    page.on('request', (request) => events.requests.push(request.url()));
    page.on('dialog', (dialog) => {
      events.dialogs++;
      dialog.dismiss().catch(() => undefined);
    });
    const [file = '', hash] = path.split('#');
    await page.goto(pathToFileURL(file).href + (hash === undefined ? '' : `#${hash}`));
    await look(page, events);
  } finally {
    await context.close();
  }
}

let files = 0;

async function report(result: Result): Promise<string> {
  const path = join(folder, `report-${files++}.html`);
  await writeFile(path, reportHtml(result));
  return path;
}

async function openAll(page: Page): Promise<void> {
  await page.locator('details').evaluateAll((list) => list.map((item) => item.toggleAttribute('open', true)));
  await allDrawn(page);
}

/** Opens the section of a chart, so that the chart is drawn. */
async function openChart(page: Page, id: string): Promise<void> {
  await page
    .locator(`section:has(#${id}) > details`)
    .evaluate((section) => section.toggleAttribute('open', true));
  await allDrawn(page);
}

/**
 * Waits until all charts are drawn. A chart is drawn shortly after it becomes visible; Chart.js then sets a style on
 * its canvas.
 */
async function allDrawn(page: Page): Promise<void> {
  await until(
    page,
    `[...document.querySelectorAll('canvas')].every((each) => !each.checkVisibility() || each.style.display === 'block')`,
  );
}

/**
 * Waits until an expression is true in a page. Playwright's `waitForFunction` cannot be used: after the first attempt,
 * it evaluates the expression within the page, which the Content Security Policy forbids.
 */
async function until(page: Page, expression: string): Promise<void> {
  while (!(await page.evaluate<boolean>(expression))) await setTimeout(20);
}

/** Returns the number of different colours in each canvas. A canvas that was not drawn has one. */
function coloursOf(page: Page, which = 'canvas'): Promise<Record<string, number>> {
  return page.evaluate(`Object.fromEntries([...document.querySelectorAll('${which}')].map((canvas) => {
    // A copy: a browser complains where the canvas of the page is read more than once. It is smaller, because what
    // is drawn shows in fewer pixels as well.
    const [width, height] = [canvas.width, canvas.height].map((length) => Math.ceil(length / 4));
    const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0, width, height);
    const pixels = new Uint32Array(copy.getImageData(0, 0, width, height).data.buffer);
    return [canvas.id, new Set(pixels).size];
  }))`);
}

function evaluateNumber(page: Page, expression: string): Promise<number> {
  return page.evaluate<number>(expression);
}

test('a report draws every chart, without a complaint and without a request', async () => {
  await visit(await report(makeBothSteps()), {}, async (page, events) => {
    await openAll(page);
    const colours = await coloursOf(page);
    // Throughput, two for latency, six variants over time in both steps, handshakes, CPU and memory.
    assert.equal(Object.keys(colours).length, 1 + 2 + (1 + 6) + (2 + 6 * 2) + 2 * 2 + 2 * 3);
    for (const [id, count] of Object.entries(colours)) assert.ok(count > 8, `${id} is blank`);
    assert.deepEqual(events, { complaints: [], requests: [page.url()], dialogs: 0 });
    const labels = await page
      .locator('canvas')
      .evaluateAll((list) => list.map((canvas) => canvas.ariaLabel ?? ''));
    for (const label of labels) assert.match(label, /\d/);
    for (const finding of await page.locator('.finding').allTextContents()) assert.match(finding, /\d.*\.$/);
    assert.equal(await page.locator('figure.chart details.data table').count(), labels.length);
    assert.equal(await page.locator('figure.chart details.how').count(), labels.length);
  });
});

/** Returns the sections that are open, out of those that can be collapsed. */
function openSections(page: Page): Promise<string[]> {
  return page.evaluate(
    `[...document.querySelectorAll('.folded > details[open]')].map((each) => each.parentElement.id)`,
  );
}

const WIDE = { viewport: { width: 1200, height: 900 } };

for (const [profiles, tallest] of [
  [1, 3500],
  [6, 6000],
] as const) {
  test(`the main parts of ${profiles} profiles fit in ${tallest} px; other sections are collapsed`, async () => {
    await visit(await report(makeBothSteps(profiles)), WIDE, async (page) => {
      assert.ok((await evaluateNumber(page, 'document.documentElement.scrollHeight')) <= tallest);
      assert.deepEqual(await openSections(page), []);
      const drawn = Object.entries(await coloursOf(page)).filter(([, count]) => count > 8);
      assert.deepEqual(
        drawn.map(([id]) => id),
        [profiles === 1 ? 'chart-echoed-throughput' : 'chart-carried', 'chart-percentiles'],
      );
      assert.equal(await page.locator('h2:visible').count(), 16);
      const found = await page.locator('.folded .found:visible').allTextContents();
      assert.equal(found.length, 14);
      for (const finding of found) assert.match(finding, /^\S.*\.$/);
      // What is closed has the same elements for any number of profiles.
      if (profiles > 1) return;
      assert.deepEqual(await axeViolations(page), []);
      // Collapsed text is skipped by the reader, but a browser's search can find and open it.
      const hidden = await page.evaluate<string[]>(
        `[...document.querySelectorAll('.folded > details')].map((each) => {
          const { display, contentVisibility } = getComputedStyle(each, '::details-content');
          return display + ' ' + contentVisibility;
        })`,
      );
      assert.deepEqual(new Set(hidden), new Set(['block hidden']));
    });
  });
}

test('a section opens by click, by keyboard and by every kind of link, and its charts are then drawn', async () => {
  const path = await report(makeBothSteps(2, 4));
  await visit(path, WIDE, async (page, events) => {
    const drawn = async (id: string) => {
      await allDrawn(page);
      return ((await coloursOf(page, `#${id}`))[id] ?? 0) > 8;
    };
    assert.ok(!(await drawn('chart-cpu-latency')));
    await page.getByRole('heading', { name: 'CPU and memory' }).click();
    assert.deepEqual(await openSections(page), ['cost']);
    assert.ok(await drawn('chart-cpu-latency'));
    await page.locator('#cost summary').first().focus();
    await page.keyboard.press('Enter');
    assert.deepEqual(await openSections(page), []);
    await page.keyboard.press('Space');
    assert.deepEqual(await openSections(page), ['cost']);

    // The second time, the address does not change.
    for (let time = 0; time < 2; time++) {
      await page.locator('nav a[href="#course"]').click();
      assert.deepEqual(await openSections(page), ['course', 'cost']);
      await page.locator('#course summary').first().press('Enter');
    }
    await page.locator('nav a[href="#setup"]').click();
    await page.locator('#setup dl').first().waitFor();
    await page.locator('#setup summary').first().press('Enter');
    // The user types the address or goes back to it.
    await page.evaluate(`location.hash = '#runs'`);
    await page.locator('#runs table').waitFor();
    await page.locator('#runs summary').first().press('Enter');
    await page.evaluate(`location.hash = '#chart-response-latency-0'`);
    await page.locator('#chart-response-latency-0').waitFor();
    assert.deepEqual(await openSections(page), ['course', 'cost']);
    assert.ok(await drawn('chart-response-latency-0'));
    assert.deepEqual(events.complaints, []);
  });
  await visit(`${path}#configuration`, WIDE, async (page) => {
    await page.locator('#configuration p').first().waitFor();
    assert.deepEqual(await openSections(page), ['configuration']);
    const top = await evaluateNumber(
      page,
      `document.querySelector('#configuration').getBoundingClientRect().top`,
    );
    assert.ok(top >= 0 && top < 900, `${top}`);
  });
});

test('axe finds no violation in the report, light and dark', async () => {
  const result = makeResult([
    makeRun({ seconds: 3, load: OPEN }),
    makeRun({ seconds: 3, profile: 'http2', http2: true, cache: true }),
    makeRun({ seconds: 3, profile: 'http2', load: OPEN }),
  ]);
  const [first, second] = result.runs;
  assert.ok(first && second);
  first.outcome = { state: 'aborted', reason: 'interrupted' };
  first.notices = [{ level: 'warning', code: 'a-code', data: {}, text: 'A warning.' }];
  for (const run of result.runs) disturb(run, 1, { stolenUs: 900_000 });
  second.validity = { ...second.validity, verdict: 'suspect', reasons: [stored('A reason.')] };
  result.conclusions = [
    { kind: 'rate', ratePerSecond: 20_000, halved: true, reason: stored('A reason.') },
    { kind: 'left-out', variant: 'tls', reason: stored('A reason.') },
  ];
  await visit(await report(result), { colorScheme: 'light' }, async (page) => {
    await openAll(page);
    assert.deepEqual(await axeViolations(page), []);
    // In the dark, nothing but the colours is different.
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.deepEqual(await contrastViolations(page), []);
  });
});

test('on a narrow screen, tables scroll by themselves and the page never does', async () => {
  await visit(await report(makeBothSteps(2, 4)), { viewport: { width: 360, height: 800 } }, async (page) => {
    await openAll(page);
    assert.equal(await evaluateNumber(page, 'document.documentElement.scrollWidth'), 360);
    assert.ok((await evaluateNumber(page, `document.querySelector('.scroll').scrollWidth`)) > 360);
  });
});

test('in print, a dark report is light, and its charts are redrawn', async () => {
  // The size of A4 without margins.
  const paper = { width: 700, height: 1000 };
  // A result with wide tables: the longest verdict, and the times of disturbed runs next to each other.
  const result = makeBothSteps(3, 4);
  for (const run of result.runs) {
    disturb(run, 1, { otherUs: 900_000 });
    run.validity = { ...run.validity, verdict: 'generator-limited', reasons: [stored('A reason.')] };
  }
  await visit(await report(result), { colorScheme: 'dark', viewport: paper }, async (page, events) => {
    await page.emulateMedia({ media: 'print' });
    await until(page, `getComputedStyle(document.body).backgroundColor === 'rgb(255, 255, 255)'`);
    // In print, every section is open. Elements within a section stay as the reader left them.
    const shown = await page
      .locator('.folded > details > :nth-child(2)')
      .evaluateAll((list) => list.map((each) => each.checkVisibility()));
    assert.ok(shown.length > 10 && shown.every(Boolean), `${shown}`);
    await allDrawn(page);
    assert.ok(Object.values(await coloursOf(page)).filter((count) => count > 8).length > 15);
    await openAll(page);
    for (const [id, count] of Object.entries(await coloursOf(page))) assert.ok(count > 8, `${id} is blank`);
    assert.equal(await evaluateNumber(page, 'document.documentElement.scrollWidth'), paper.width);
    // Each picture fits on a page and is not split across two.
    const pictures = await page.locator('.canvas').evaluateAll((list) =>
      list.map((picture) => ({
        height: picture.clientHeight,
        inside: picture.ownerDocument.defaultView?.getComputedStyle(picture).breakInside,
      })),
    );
    assert.ok(pictures.length > 0);
    for (const { height, inside } of pictures) {
      assert.ok(height > 0 && height < paper.height, `${height}`);
      assert.equal(inside, 'avoid');
    }
    assert.ok((await page.pdf({ format: 'A4' })).length > 50_000);
    assert.deepEqual(events.complaints, []);
  });
});

test('charts are drawn for the width of a sheet, whatever the width of the window', async () => {
  await visit(await report(makeBothSteps(2, 4)), { viewport: { width: 1600, height: 900 } }, async (page) => {
    await page.emulateMedia({ media: 'print' });
    await until(page, `document.querySelector('canvas').clientWidth < 800`);
    await openAll(page);
    const widths = await page
      .locator('canvas')
      .evaluateAll((list) => list.map(({ clientWidth }) => clientWidth));
    // The width of A4 without its margins and those of a section.
    for (const width of widths) assert.ok(width > 0 && width <= 678, `${width}`);
  });
});

test('without JavaScript, tables are shown and charts are hidden', async () => {
  await visit(await report(makeBothSteps()), { javaScriptEnabled: false }, async (page) => {
    const captions = await page.locator('caption:visible').allTextContents();
    for (const caption of [
      'The variants at a glance',
      'Throughput by variant',
      'Response time',
      'Latencies in full',
      'Handshakes in full',
      'HTTP requests',
    ]) {
      assert.ok(captions.includes(caption), caption);
    }
    assert.equal(await page.locator('canvas:visible').count(), 0);
    assert.equal(await page.locator('section').count(), 16);
  });
});

const HOSTILE = `</script></style></title><img src=x onerror=alert(1)><script>alert(2)</script>"'\`--><!-- \u2028\${1} &lt;`;

test('hostile text stays text, wherever it occurs in a result', async () => {
  const result = makeBothSteps(3, 2);
  for (const run of result.runs) {
    run.notices = [{ level: 'warning', code: 'a-code', data: {}, text: '' }];
    run.outcome = { state: 'failed', reason: '' };
    run.validity = { ...run.validity, verdict: 'suspect', reasons: [stored('')] };
    if (run.proxy) run.proxy.errorLog = [''];
    disturb(run, 1, { otherUs: 900_000 });
  }
  result.conclusions.push({ kind: 'left-out', variant: 'direct', reason: stored('') });
  result.notices = [{ level: 'info', code: 'a-code', data: {}, text: '' }];
  const hostile = withEveryString(result, HOSTILE);
  await visit(await report(hostile), {}, async (page, events) => {
    await openAll(page);
    for (const [id, count] of Object.entries(await coloursOf(page))) assert.ok(count > 8, `${id} is blank`);
    assert.equal(await evaluateNumber(page, `document.querySelectorAll('img, iframe, object').length`), 0);
    assert.equal(await evaluateNumber(page, 'document.scripts.length'), 2);
    assert.equal(await evaluateNumber(page, `document.querySelectorAll('[onerror], [onload]').length`), 0);
    assert.ok(
      (await page.locator('.card .subtitle').first().textContent())?.includes('<img src=x onerror=alert(1)>'),
    );
    assert.deepEqual(events, { complaints: [], requests: [page.url()], dialogs: 0 });
  });
});

/** Returns the background colour of a chart at a horizontal position, as a share (0..1) of the width of its canvas. */
function shadeAt(page: Page, id: string, share: number): Promise<string> {
  return page.evaluate<string>(`(() => {
    const canvas = document.getElementById('${id}');
    const x = Math.round(canvas.width * ${share});
    // Slightly above the axis, where a steady run draws no line.
    const y = Math.round(canvas.height * 0.68);
    return [...canvas.getContext('2d').getImageData(x, y, 1, 1).data].join();
  })()`);
}

test('disturbed seconds are shaded differently from other phases, also in the dark scheme', async () => {
  const result = makeBothSteps(1, 10);
  const [throughput] = result.runs;
  assert.ok(throughput);
  for (let second = 4; second < 10; second++) disturb(throughput, second, { otherUs: 900_000 });
  await visit(await report(result), {}, async (page) => {
    await openChart(page, 'chart-rate-throughput-0');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const [warmUp, calm, disturbed] = await Promise.all(
        [0.1, 0.35, 0.7].map((share) => shadeAt(page, 'chart-rate-throughput-0', share)),
      );
      assert.equal(new Set([warmUp, calm, disturbed]).size, 3, `${warmUp} ${calm} ${disturbed}`);
    }
  });
});

/** Returns the text on the clipboard. */
function pasted(page: Page): Promise<string> {
  return page.evaluate<string>('navigator.clipboard.readText()');
}

test('a chart can be switched, zoomed, scaled and copied with the keyboard alone', async () => {
  const options = { permissions: ['clipboard-read', 'clipboard-write'] };
  await visit(await report(makeBothSteps(3, 10)), options, async (page, events) => {
    await openChart(page, 'chart-echoed-throughput');
    const figure = page.locator('figure', { has: page.locator('#chart-echoed-throughput') });
    const drawn = () =>
      page.evaluate<string>(`document.getElementById('chart-echoed-throughput').toDataURL()`);
    /** Focuses a control as Tab would, presses keys, and reports whether the picture has changed. */
    const press = async (control: ReturnType<Page['locator']>, ...keys: string[]): Promise<boolean> => {
      const before = await drawn();
      await control.focus();
      for (const key of keys) await page.keyboard.press(key);
      return before !== (await drawn());
    };
    const named = (name: string) => figure.getByRole('button', { name, exact: true });

    assert.ok(await press(named('plain'), 'Space'));
    assert.equal(await named('plain').getAttribute('aria-pressed'), 'false');
    assert.ok(await press(named('Logarithmic'), 'Enter'));
    assert.equal(await named('Logarithmic').getAttribute('aria-pressed'), 'true');
    // The axis begins with the warm-up.
    const from = figure.getByLabel('from', { exact: true });
    assert.equal(await from.inputValue(), '-2');
    assert.ok(await press(from, 'Control+A', '4', 'Tab'));
    assert.ok(await press(named('All seconds'), 'Enter'));
    assert.equal(await from.inputValue(), '-2');
    assert.ok(await named('All seconds').isDisabled());

    await press(named('Copy as CSV'), 'Enter');
    await figure.getByText('Data copied to the clipboard.').waitFor();
    const [head, first] = (await pasted(page)).split('\r\n');
    assert.equal(head, 'seconds into the steady phase (s),direct (1/s),plain (1/s),tls (1/s)');
    assert.match(first ?? '', /^-1\.5,\d+,\d+,\d+$/);
    await press(named('Copy as PNG'), 'Enter');
    await figure.getByText('Picture copied to the clipboard.').waitFor();
    const types = await page.evaluate<string[]>('navigator.clipboard.read().then(([item]) => item.types)');
    assert.deepEqual(types, ['image/png']);
    assert.deepEqual(events, { complaints: [], requests: [page.url()], dialogs: 0 });
  });
});

test('dragging zooms in; if copying is not allowed, a file is saved', async () => {
  await visit(await report(makeBothSteps(2, 10)), { permissions: [] }, async (page, events) => {
    await openChart(page, 'chart-p99-latency');
    const figure = page.locator('figure', { has: page.locator('#chart-p99-latency') });
    const canvas = figure.locator('canvas');
    await canvas.scrollIntoViewIfNeeded();
    const box = await canvas.boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + box.width * 0.4, box.y + 100);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 120, { steps: 3 });
    await page.mouse.up();
    const [from, to] = await Promise.all(
      ['from', 'to'].map(async (name) => Number(await figure.getByLabel(name).inputValue())),
    );
    assert.ok(from !== undefined && to !== undefined && from > 1 && from < to && to < 8, `${from} to ${to}`);
    await page.evaluate('navigator.clipboard.write = () => Promise.reject(new Error())');
    for (const [kind, file] of [
      ['PNG', 'chart-p99-latency.png'],
      ['CSV', 'chart-p99-latency.csv'],
    ] as const) {
      const saved = page.waitForEvent('download');
      await figure.getByRole('button', { name: `Copy as ${kind}` }).click();
      assert.equal((await saved).suggestedFilename(), file);
    }
    assert.deepEqual(events.complaints, []);
  });
});

test('the listing links to the reports', async () => {
  const name = 'run # 1 & more?';
  const result = { ...makeResult([makeRun({ seconds: 1 })]), startedAt: HOSTILE };
  const reports = join(folder, 'reports');
  await mkdir(join(reports, name), { recursive: true });
  await writeFile(join(reports, name, 'report.html'), reportHtml(result));
  const index = { ...result, runs: result.runs.map((run) => summaryOf('runs/1-tls-throughput.json', run)) };
  const entry = { folder: name, index, problem: '', hasReport: true };
  await writeFile(join(reports, 'index.html'), listingHtml([entry]));
  await visit(join(reports, 'index.html'), {}, async (page, events) => {
    assert.deepEqual(await axeViolations(page), []);
    await page.locator('table a').click();
    await page.locator('#answers').waitFor();
    assert.equal(events.dialogs, 0);
    assert.deepEqual(events.complaints, []);
  });
});
