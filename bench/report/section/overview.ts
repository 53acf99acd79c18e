import type { Notice } from '../../model/notice.ts';
import type { Result } from '../../model/result.ts';
import { mark } from '../mark.ts';
import { html, type Markup } from '../markup.ts';
import { formatBytes, formatCount, formatRate, formatTime } from '../page/format.ts';
import { table, withBar } from '../table.ts';
import { cpuSentence, lossSentence, offeredSentence, speedSentence, validitySentences } from '../verdict.ts';
import { latencyTitle, type RunView, type Section, type View } from '../view.ts';

/** A card for each run: may it be believed, how fast was it, what set the pace. */
export function verdicts({ runs }: View): Section {
  const one = runs.length === 1;
  return {
    id: 'verdicts',
    title: 'Verdicts',
    charts: [],
    body: html`<div class="cards${one ? ' one' : ''}">${runs.map(card)}</div>
${runs.length === 0 && html`<p>This result holds no run: it was cut off before the first one ended.</p>`}
${runs.length > 1 && html`<p class="how">Each run stands for itself. A difference of a few per cent between two of them may be chance: it is no verdict that one is faster.</p>`}`,
  };
}

function card(view: RunView): Markup {
  const { run, figures, name } = view;
  const latency = figures.latencies[figures.latencyName];
  return html`<article class="card">
<header><h3><span class="key ${view.colour}" aria-hidden="true"></span>${name}</h3>${badge(view)}</header>
<p class="subtitle">${view.title}</p>
<dl class="numbers">
<div><dt>messages</dt><dd>${formatRate(figures.messages.perSecond)}</dd></div>
<div><dt>${figures.latencyName} time p50</dt><dd>${formatTime(latency?.p50)}</dd></div>
<div><dt>p99</dt><dd>${formatTime(latency?.p99)}</dd></div>
</dl>
${run.outcome.state !== 'completed' && html`<p class="broken">${run.outcome.state === 'aborted' ? 'Aborted' : 'Failed'}: ${run.outcome.reason}</p>`}
<p>${[speedSentence(view), offeredSentence(view), cpuSentence(view), lossSentence(view)].filter((text) => text !== '').join(' ')}</p>
${validitySentences(view).map((sentence) => html`<p>${sentence}</p>`)}
</article>
`;
}

/** The state of a run in a word, with a sign beside the colour. */
function badge({ run }: RunView): Markup {
  if (run.outcome.state !== 'completed')
    return html`<span class="badge bad">${mark('no')} ${run.outcome.state}</span>`;
  const { verdict } = run.validity;
  return verdict === 'valid'
    ? html`<span class="badge good">${mark('yes')} ${verdict}</span>`
    : html`<span class="badge warn">${mark('attention')} ${verdict}</span>`;
}

/** What a reader should know of the whole bench and of single runs. */
export function notices({ result, runs }: View): Section {
  const list = [
    ...result.notices.map((notice) => ({ notice, of: '' })),
    ...runs.flatMap(({ run, name }) => run.notices.map((notice) => ({ notice, of: name }))),
  ];
  const sorted = list.toSorted((a, b) => rank(a.notice) - rank(b.notice));
  return {
    id: 'notices',
    title: 'Notices',
    charts: [],
    body: html`${result.endedAt === null && html`<p class="broken">${cutOff(result)}</p>`}
${
  sorted.length === 0
    ? html`<p>Nothing out of the ordinary.</p>`
    : html`<ul class="notices">${sorted.map(
        ({ notice, of }) =>
          html`<li class="${notice.level}"><strong>${mark(notice.level === 'warning' ? 'attention' : 'note')} ${notice.level === 'warning' ? 'Warning' : 'Note'}</strong>${of !== '' && html` <span class="of">${of}</span>`} ${notice.text} <code>${notice.code}</code></li>
`,
      )}</ul>`
}`,
  };
}

function rank(notice: Notice): number {
  return notice.level === 'warning' ? 0 : 1;
}

/** One row for each run: the figures one asks for first. */
export function summary({ runs }: View): Section {
  const most = runs.reduce((highest, { figures }) => Math.max(highest, figures.messages.perSecond ?? 0), 0);
  const latency = latencyTitle(runs).toLowerCase();
  const columns = [
    { title: 'Profile' },
    { title: 'Validity', text: true },
    { title: 'Connections' },
    { title: 'Messages per second' },
    { title: `p50 ${latency}` },
    { title: 'p99' },
    { title: 'p99.9' },
    { title: 'Max' },
    { title: 'Nginx CPU per message' },
    { title: 'Nginx memory per connection' },
    { title: 'Failed' },
    { title: 'Lost' },
  ];
  const rows = runs.map((view) => {
    const { figures } = view;
    const times = figures.latencies[figures.latencyName];
    return [
      view.name,
      badge(view),
      formatCount(figures.connections.opened),
      runs.length === 1
        ? formatCount(figures.messages.perSecond)
        : withBar(
            formatCount(figures.messages.perSecond),
            (figures.messages.perSecond ?? 0) / Math.max(1, most),
          ),
      formatTime(times?.p50),
      formatTime(times?.p99),
      formatTime(times?.p999),
      formatTime(times?.max),
      formatTime(figures.cpuUsPerMessage.proxy),
      formatBytes(figures.memoryPerConnectionBytes.proxy),
      formatCount(figures.connections.failed),
      formatCount(figures.messages.lost),
    ];
  });
  return {
    id: 'summary',
    title: 'Summary',
    charts: [],
    body: html`${table('The runs at a glance', columns, rows)}
<p class="how">Rates and CPU are of the steady phase. – stands for what was not measured, or for a percentile beyond which fewer than ten samples stand: p99.9 needs 10,000 messages.</p>`,
  };
}

function cutOff({ runs, variants, plan }: Result): string {
  const missing = variants.flatMap(({ name }) =>
    plan.steps
      .filter((step) => !runs.some((run) => run.plan.variant === name && run.plan.step === step))
      .map((step) => `${name}, ${step}`),
  );
  return missing.length > 0
    ? `This bench was cut off: it did not come to ${missing.join('; ')}.`
    : 'This bench was cut off in its last run.';
}
