import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

/** The rules that axe-core finds broken on a page as it stands, each with the elements that break it. */
export function axeViolations(page: Page): Promise<string[]> {
  return violations(page, { resultTypes: ['violations'] });
}

/** As `axeViolations`, but only of the rules about colours, for a page whose other colours were examined in full. */
export function contrastViolations(page: Page): Promise<string[]> {
  const values = ['color-contrast', 'link-in-text-block'];
  return violations(page, { resultTypes: ['violations'], runOnly: { type: 'rule', values } });
}

async function violations(page: Page, options: object): Promise<string[]> {
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  return page.evaluate(
    `axe.run(document, ${JSON.stringify(options)}).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | ')))`,
  );
}
