import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser } from '../../test/browser.ts';
import { withEveryString } from '../../test/hostile.ts';
import { makeBothSteps, makeResult } from '../../test/result.ts';
import { disturb, makeRun, OPEN } from '../../test/run.ts';
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

/** What a page did beside showing itself. */
interface Events {
  complaints: string[];
  requests: string[];
  dialogs: number;
}

/** Opens a file in a context of its own, hands it to `look`, and closes it whatever happens. */
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
    await page.goto(pathToFileURL(path).href);
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

/** How many different colours each canvas shows: one that was not drawn has one. */
function coloursOf(page: Page): Promise<Record<string, number>> {
  return page.evaluate(`Object.fromEntries([...document.querySelectorAll('canvas')].map((canvas) => {
    const pixels = new Uint32Array(
      canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer,
    );
    return [canvas.id, new Set(pixels).size];
  }))`);
}

function evaluateNumber(page: Page, expression: string): Promise<number> {
  return page.evaluate<number>(expression);
}

/** The rules that axe-core finds broken, with the elements. */
async function axeViolations(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(source);
  return page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | ')))`,
  );
}

test('a report draws every chart, without a complaint and without a request', async () => {
  await visit(await report(makeBothSteps()), {}, async (page, events) => {
    const colours = await coloursOf(page);
    // Throughput, the two of latency, six variants over time in both steps, handshakes, CPU and memory.
    assert.equal(Object.keys(colours).length, 1 + 2 + (1 + 6) + (1 + 6 * 2) + 2 + 2 * 3);
    for (const [id, count] of Object.entries(colours)) assert.ok(count > 8, `${id} is blank`);
    assert.deepEqual(events, { complaints: [], requests: [page.url()], dialogs: 0 });
    const labels = await page
      .locator('canvas')
      .evaluateAll((list) => list.map((canvas) => canvas.ariaLabel ?? ''));
    for (const label of labels) assert.match(label, /\d/);
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing in the ${colorScheme} report`, async () => {
    const result = makeResult([
      makeRun({ seconds: 3, load: OPEN }),
      makeRun({ seconds: 3, profile: 'http2', http2: true, cache: true }),
      makeRun({ seconds: 3, profile: 'http2', load: OPEN }),
    ]);
    const [first, second] = result.runs;
    assert.ok(first && second);
    first.outcome = { state: 'aborted', reason: 'interrupted' };
    first.notices = [{ level: 'warning', code: 'a-code', text: 'A warning.' }];
    for (const run of result.runs) disturb(run, 1, { stolenUs: 900_000 });
    second.validity = { ...second.validity, verdict: 'suspect', reasons: ['A reason.'] };
    result.conclusions = [
      { kind: 'rate', ratePerSecond: 20_000, halved: true, reason: 'A reason.' },
      { kind: 'left-out', variant: 'tls', reason: 'A reason.' },
    ];
    await visit(await report(result), { colorScheme }, async (page) => {
      await page
        .locator('details')
        .evaluateAll((list) => list.map((item) => item.toggleAttribute('open', true)));
      assert.deepEqual(await axeViolations(page), []);
    });
  });
}

test('on a narrow screen tables scroll within themselves, never the page', async () => {
  await visit(await report(makeBothSteps()), { viewport: { width: 375, height: 800 } }, async (page) => {
    await page
      .locator('details')
      .evaluateAll((list) => list.map((item) => item.toggleAttribute('open', true)));
    assert.equal(await evaluateNumber(page, 'document.documentElement.scrollWidth'), 375);
    assert.ok((await evaluateNumber(page, `document.querySelector('.scroll').scrollWidth`)) > 375);
  });
});

test('on paper a dark report is light, and its charts are drawn again', async () => {
  // A4 less its margins.
  const paper = { width: 700, height: 1000 };
  // What makes the tables widest: the longest verdict, and times beside times.
  const result = makeBothSteps();
  for (const run of result.runs) {
    disturb(run, 1, { otherUs: 900_000 });
    run.validity = { ...run.validity, verdict: 'generator-limited', reasons: ['A reason.'] };
  }
  await visit(await report(result), { colorScheme: 'dark', viewport: paper }, async (page, events) => {
    await page.emulateMedia({ media: 'print' });
    await page.waitForFunction(`getComputedStyle(document.body).backgroundColor === 'rgb(255, 255, 255)'`);
    for (const [id, count] of Object.entries(await coloursOf(page))) assert.ok(count > 8, `${id} is blank`);
    assert.equal(await evaluateNumber(page, 'document.documentElement.scrollWidth'), paper.width);
    assert.ok((await page.pdf({ format: 'A4' })).length > 50_000);
    assert.deepEqual(events.complaints, []);
  });
});

test('without JavaScript the tables are there and the charts are not', async () => {
  await visit(await report(makeBothSteps()), { javaScriptEnabled: false }, async (page) => {
    const captions = await page.locator('caption:visible').allTextContents();
    for (const caption of [
      'The variants at a glance',
      'What each variant carried',
      'Response time',
      'Latencies in full',
      'Handshakes in full',
      'The HTTP leg',
    ]) {
      assert.ok(captions.includes(caption), caption);
    }
    assert.equal(await page.locator('canvas:visible').count(), 0);
    assert.equal(await page.locator('section').count(), 15);
  });
});

const HOSTILE = `</script></style></title><img src=x onerror=alert(1)><script>alert(2)</script>"'\`--><!-- \u2028\${1} &lt;`;

test('hostile text in every place of a result stays text', async () => {
  const result = makeBothSteps(6, 2);
  for (const run of result.runs) {
    run.notices = [{ level: 'warning', code: 'a-code', text: '' }];
    run.outcome = { state: 'failed', reason: '' };
    run.validity = { ...run.validity, verdict: 'suspect', reasons: [''] };
    if (run.proxy) run.proxy.errorLog = [''];
    disturb(run, 1, { otherUs: 900_000 });
  }
  result.conclusions.push({ kind: 'left-out', variant: 'direct', reason: '' });
  result.notices = [{ level: 'info', code: 'a-code', text: '' }];
  const hostile = withEveryString(result, HOSTILE);
  await visit(await report(hostile), {}, async (page, events) => {
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

/** The colour of a chart's background at a share (0..1) of the width of its canvas. */
function shadeAt(page: Page, id: string, share: number): Promise<string> {
  return page.evaluate<string>(`(() => {
    const canvas = document.getElementById('${id}');
    const x = Math.round(canvas.width * ${share});
    // A little above the axis, where no line of a steady run passes.
    const y = Math.round(canvas.height * 0.68);
    return [...canvas.getContext('2d').getImageData(x, y, 1, 1).data].join();
  })()`);
}

test('disturbed seconds are shaded, in another colour than what is not steady, and in the dark as well', async () => {
  const result = makeBothSteps(1, 10);
  const [throughput] = result.runs;
  assert.ok(throughput);
  for (let second = 4; second < 10; second++) disturb(throughput, second, { otherUs: 900_000 });
  for (const colorScheme of ['light', 'dark'] as const) {
    await visit(await report(result), { colorScheme }, async (page) => {
      const [warmUp, calm, disturbed] = await Promise.all(
        [0.18, 0.45, 0.7].map((share) => shadeAt(page, 'chart-rate-throughput-0', share)),
      );
      assert.equal(new Set([warmUp, calm, disturbed]).size, 3, `${warmUp} ${calm} ${disturbed}`);
    });
  }
});

test('the listing leads to the reports', async () => {
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
