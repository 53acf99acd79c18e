import { html, type Markup } from '../report/markup.ts';
import type { OutputFile } from '../report/outputs.ts';
import { pageOf, siteScript } from '../report/page.ts';
import { badgeSvg } from './badge.ts';
import { atomFeed } from './feed.ts';
import { indexBody, type SitePage } from './index-page.ts';
import { compareTexts, type Published, seriesOf } from './series.ts';
import { seriesBody } from './series-page.ts';
import { seriesTitle } from './series-text.ts';
import { SITE_STYLE } from './style.ts';

/** Identifies an index.html that may be overwritten. */
export const GENERATOR = '<meta name="generator" content="nginx-ws-bench publish">';

/**
 * Generates all files of a site except the results themselves, which are in `results/<folder>/`. The function
 * is pure and only uses the results' indexes. All links are relative, so the site also works from the local
 * file system and under any path on a server.
 */
export function siteFiles(
  title: string,
  results: readonly Published[],
  pages: readonly SitePage[] = [],
): OutputFile[] {
  const published = results.toSorted(
    (a, b) => compareTexts(b.index.startedAt, a.index.startedAt) || compareTexts(b.folder, a.folder),
  );
  const series = seriesOf(published);
  const index = indexBody({ title, published, series, pages });
  return [
    {
      name: 'index.html',
      text: pageOf(title, index, { scripts: [siteScript()], style: SITE_STYLE, head: HEAD }),
    },
    ...pages.map((page) => ({
      name: page.file,
      text: pageOf(`${page.title}: ${title}`, pageBody(page), { style: SITE_STYLE }),
    })),
    { name: 'feed.xml', text: atomFeed(title, published, series) },
    ...series.flatMap((each) => [
      {
        name: `series/${each.slug}.html`,
        text: pageOf(`${seriesTitle(each)}: ${title}`, seriesBody(each), { style: SITE_STYLE }),
      },
      { name: `series/${each.slug}.svg`, text: badgeSvg(each) },
    ]),
  ];
}

function pageBody({ title, body }: SitePage): Markup {
  return html`<header class="wide masthead">
<p><a href="index.html">All series and results</a></p>
<h1>${title}</h1>
</header>
<main class="wide"><section>
${body}</section></main>`;
}

const HEAD = `${GENERATOR}
<link rel="alternate" type="application/atom+xml" title="Atom feed" href="feed.xml">
`;
