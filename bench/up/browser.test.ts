import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { axeViolations, contrastViolations } from '../../test/axe.ts';
import { launchBrowser } from '../../test/browser.ts';
import { ownTemporaryFolder } from '../experiment/experiment.test.fixture.ts';
import { addressesOf } from './standing.ts';
import { PROFILES, raise, type Up } from './up.test.fixture.ts';

/** Tests the page of `up` in a real browser, with every profile in `all` that has Nginx. */

const NAMES = PROFILES.filter((each) => each.inAll && each.configurationPath !== null).map(
  ({ name }) => name,
);

/** Text typed into the box. If it were treated as markup, the browser would show it. */
const HOSTILE = '<img src="/x" onerror="document.title=\'broken\'"> ü 😀';

ownTemporaryFolder();

/** Records what a page did besides displaying itself. */
interface Events {
  complaints: string[];
  hosts: Set<string>;
  /** The first line of each answer to a WebSocket handshake, from the browser's own network log. */
  handshakes: string[];
}

describe('the page in a browser', { timeout: 300_000 }, () => {
  const standing = new Map<string, Up>();
  let browser: Browser;

  before(async () => {
    const up = await Promise.all(NAMES.map((name) => raise(name, name === 'cache' ? { reply: 'echo' } : {})));
    for (const [index, name] of NAMES.entries()) standing.set(name, up[index] ?? assert.fail());
    // The browser trusts only the certificate of `tls`.
    browser = await launchBrowser([`--ignore-certificate-errors-spki-list=${keyHash(get('tls'))}`]);
  });

  after(async () => {
    await browser?.close();
    await Promise.all([...standing.values()].map((each) => each.end()));
  });

  function get(name: string): Up {
    return standing.get(name) ?? assert.fail(name);
  }

  async function visit(
    t: TestContext,
    { standing: up }: Up,
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; events: Events }> {
    const context = await browser.newContext(options);
    t.after(() => context.close());
    const page = await context.newPage();
    const events: Events = { complaints: [], hosts: new Set(), handshakes: [] };
    page.on('console', (message) => void events.complaints.push(message.text()));
    page.on('pageerror', (error) => void events.complaints.push(String(error)));
    page.on('request', (request) => void events.hosts.add(new URL(request.url()).host));
    const devTools = await context.newCDPSession(page);
    await devTools.send('Network.enable');
    devTools.on('Network.webSocketHandshakeResponseReceived', ({ response }) => {
      events.handshakes.push(response.headersText?.split('\r\n')[0] ?? `status ${response.status}`);
    });
    const { page: url } = addressesOf(up);
    assert.ok(url);
    await page.goto(url);
    await until(page, `document.getElementById('state').textContent === 'connected'`);
    return { page, events };
  }

  describe('on every profile of `all` that has Nginx', { concurrency: true }, () => {
    for (const name of NAMES) {
      it(`${name}: typed text is echoed, and the counts of the small load add up`, async (t) => {
        const up = get(name);
        // The certificate of `http2` is not trusted, but accepted as by a user who clicks through the warning.
        const { page, events } = await visit(t, up, { ignoreHTTPSErrors: name === 'http2' });
        await page.fill('#message', HOSTILE);
        await page.click('#send');
        const answer = name === 'cache' ? HOSTILE : `You said: ${HOSTILE}`;
        await until(
          page,
          `document.querySelectorAll('#conversation li')[2]?.textContent.startsWith(${JSON.stringify(answer)})`,
        );
        assert.deepEqual(
          await page
            .locator('#conversation li')
            .allInnerTexts()
            .then((texts) => texts.slice(0, 2)),
          ['WebSocket connected', `You: ${HOSTILE}`],
        );
        assert.equal(await page.title(), `${name}: WebSocket through Nginx`);

        await page.fill('#connections', '3');
        await page.fill('#rate', '20');
        await page.click('#toggle');
        await until(
          page,
          `document.querySelectorAll('#chart polyline').length >= 3 && Number(${figure('Answers received')}) >= 20`,
        );
        assert.equal(await page.evaluate(figure('Connections open')), '3');
        await page.click('#toggle');
        await until(page, `${figure('Connections open')} === '0'`);
        const count = async (row: string) => Number(await page.evaluate(figure(row)));
        const [sent, received, lost, underWay] = await Promise.all(
          ['Messages sent', 'Answers received', 'Lost', 'Outstanding'].map(count),
        );
        assert.deepEqual([sent, lost], [Number(received) + Number(underWay), 0]);

        assert.deepEqual(events.complaints, []);
        assert.deepEqual([...events.hosts], [new URL(page.url()).host]);
        assert.deepEqual(events.handshakes, Array(4).fill('HTTP/1.1 101 Switching Protocols'));
      });
    }
  });

  it('the page uses HTTP/2, but the WebSocket uses HTTP/1.1, as browser and Nginx negotiate', async (t) => {
    const up = get('http2');
    const { page, events } = await visit(t, up, { ignoreHTTPSErrors: true });
    assert.equal(await page.innerText('#protocol'), 'h2');
    assert.deepEqual(events.handshakes, ['HTTP/1.1 101 Switching Protocols']);
    await page.click('#connection');
    await until(page, `document.getElementById('state').textContent === 'not connected'`);
    const [log] = up.standing.accessLogs;
    assert.ok(log);
    // Nginx logs a WebSocket when it has closed.
    let lines = '';
    for (let left = 200; left > 0 && !lines.includes(' 101 '); left--) {
      await sleep(25);
      lines = await readFile(log, 'utf8');
    }
    assert.match(lines, /"GET \/nginx-ws-bench\/ HTTP\/2\.0" 200 /);
    assert.match(lines, /"GET \/websocket HTTP\/1\.1" 101 /);
    assert.doesNotMatch(lines, /HTTP\/2\.0" 101 |websocket HTTP\/2/);
  });

  it('is rejected by a browser that only trusts another topology’s certificate', async (t) => {
    await assert.rejects(visit(t, get('http2')), /ERR_CERT_AUTHORITY_INVALID/);
    const { page } = await visit(t, get('tls'));
    assert.equal(await page.evaluate('isSecureContext && crossOriginIsolated'), true);
  });

  it('shows that Nginx or its server has closed a WebSocket, and reconnects', async (t) => {
    const up = get('load-balanced');
    assert.equal(up.standing.servers.length, 3);
    const { page } = await visit(t, up);
    await page.click('#connection');
    await until(page, `document.getElementById('state').textContent === 'not connected'`);
    assert.equal(await page.isDisabled('#send'), true);
    await page.click('#connection');
    await until(page, `document.getElementById('state').textContent === 'connected'`);
    assert.deepEqual(await page.locator('#conversation li').allInnerTexts(), [
      'WebSocket connected',
      'WebSocket disconnected (1000)',
      'WebSocket connected',
    ]);
  });

  it('is accessible, in light and dark mode, and fits a narrow window', async (t) => {
    const viewport = { width: 360, height: 700 };
    const { page } = await visit(t, get('plain'), { colorScheme: 'light', viewport });
    await page.click('#send');
    assert.deepEqual(await axeViolations(page), []);
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
    // In the dark, nothing but the colours is different.
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.deepEqual(await contrastViolations(page), []);
  });

  it('appears in the log of the echo servers', () => {
    const { logged } = get('tls');
    assert.match(logged[0] ?? '', /^connected 127\.0\.0\.1:\d+$/);
    assert.ok(logged.some((line) => line.endsWith(JSON.stringify(HOSTILE))));
    assert.ok(logged.some((line) => /^disconnected 127\.0\.0\.1:\d+ 100[015]$/.test(line)));
    // With several servers, each line starts with the server's name.
    assert.match(get('load-balanced').logged[0] ?? '', /^echo server [123]: connected 127\.0\.0\.1:\d+$/);
  });
});

/** Waits for a condition in the page. It is polled from outside, because the page's policy forbids evaluation. */
async function until(page: Page, expression: string): Promise<void> {
  for (let left = 600; left > 0; left--) {
    if (await page.evaluate(expression)) return;
    await sleep(25);
  }
  assert.fail(expression);
}

/** Returns an expression that reads a figure of the page's table. */
function figure(row: string): string {
  return `([...document.querySelectorAll('#figures tr')].find((tr) => tr.cells[0].textContent === '${row}')?.cells[1].textContent)`;
}

/** Returns the hash of a certificate's public key, with which Chromium can be made to trust it. */
function keyHash({ standing }: Up): string {
  const { tls } = standing.target;
  assert.ok(tls?.ca);
  const key = new X509Certificate(tls.ca).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
}
