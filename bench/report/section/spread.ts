import type { Account } from '../../measure/figures.ts';
import { PROXY } from '../../model/proxy.ts';
import { counted } from '../../model/recording.ts';
import type { Share } from '../../model/run.ts';
import { scenarioNamed } from '../../scenarios/registry.ts';
import { formatCount, formatShare } from '../../wording/format.ts';
import { table, withBar } from '../elements.ts';
import { type Content, html, type Markup } from '../markup.ts';
import { dueOf } from '../verdict.ts';
import type { FoldedSection, RunView, View } from '../view.ts';

/** Shows how connections and messages were distributed, and whether every message is accounted for. */
export function spread({ runs, isExternal }: View): FoldedSection {
  if (runs.every(hasNoMessages)) return connectionSpread(runs, isExternal);
  return {
    id: 'spread',
    title: 'Distribution over processes',
    finding: accountFinding(runs),
    charts: [],
    body: html`${table('Connections and messages by process', SHARES, runs.flatMap(shareRows))}
<p class="how">${!isExternal && `A WebSocket stays with the ${PROXY} worker that accepted it. If workers got unequal numbers of connections, they stay unequal, and the fullest worker determines the tail latency. `}Shares are relative to the processes of the same component.</p>
${table('Messages', CONSERVATION, runs.map(totalRow))}
${dueTable(runs)}
<details><summary>By generator worker</summary>
${table('Messages by generator worker', WORKERS, runs.flatMap(workerRows))}
</details>
<p class="how">Sent = echoed + outstanding + lost must hold for every generator worker; otherwise something was miscounted.</p>`,
  };
}

/**
 * Whether the scenario counts connections instead of messages. It does if connections are silent, or if it
 * measures handshakes.
 */
function hasNoMessages({ run, figures }: RunView): boolean {
  return run.plan.workload.load === null || figures.connect.isWork;
}

/** The section for scenarios without messages. It shows the scenario's own equations instead. */
function connectionSpread(runs: readonly RunView[], isExternal: boolean): FoldedSection {
  const rows = runs.flatMap(equationRows);
  const wrong = runs.filter(({ figures }) => !figures.conservation.ok);
  return {
    id: 'spread',
    title: 'Distribution over processes',
    finding:
      wrong.length > 0
        ? `The counts do not add up in ${wrong.map(({ label }) => label).join('; ')}.`
        : 'Every connection is accounted for.',
    charts: [],
    body: html`${table(
      'Connections by process',
      SHARES.slice(0, 5),
      runs.flatMap(shareRows).map((row) => row.slice(0, 5)),
    )}
<p class="how">${!isExternal && `A WebSocket stays with the ${PROXY} worker that accepted it. `}Shares are relative to the processes of the same component. Connections opened again count again.</p>
${table('Counts', EQUATIONS, rows)}
<p class="how">Each count must equal the sum beside it, in total and for every generator worker; otherwise something was miscounted.</p>`,
  };
}

const EQUATIONS = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Count', text: true },
  { title: 'Sum', text: true },
  { title: 'Adds up', text: true },
];

function equationRows({ run, name, step, figures: { conservation } }: RunView): Content[][] {
  const amount = (count: string) => `${count} ${formatCount(counted(conservation.total.counts, count))}`;
  return scenarioNamed(run.plan.workload.scenario).conservation.map(({ whole, parts }) => [
    name,
    step,
    amount(whole),
    parts.map(amount).join(' + '),
    conservation.ok ? 'yes' : html`<strong class="broken">no</strong>`,
  ]);
}

/** States whether every message is accounted for, and how many were lost. */
function accountFinding(runs: readonly RunView[]): string {
  const wrong = runs.filter(({ figures }) => !figures.conservation.ok);
  if (wrong.length > 0) return `The counts do not add up in ${wrong.map(({ label }) => label).join('; ')}.`;
  const sum = (count: 'sent' | 'lost'): number =>
    runs.reduce((all, { figures }) => all + figures.messages[count], 0);
  return `Every message is accounted for: ${formatCount(sum('sent'))} sent, ${formatCount(sum('lost'))} lost.`;
}

const SHARES = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Process', text: true },
  { title: 'Connections' },
  { title: 'Share of connections' },
  { title: 'Messages' },
  { title: 'Share of messages' },
];

function shareRows({ run, name, step }: RunView): Content[][] {
  return run.spread.map((share) => {
    const peers = run.spread.filter(({ component }) => component === share.component);
    const connections = shareOf(share, peers, ({ connections }) => connections);
    const messages = shareOf(share, peers, ({ messages }) => messages);
    return [
      name,
      step,
      share.name,
      formatCount(share.connections),
      withBar(formatShare(connections), connections),
      formatCount(share.messages),
      withBar(formatShare(messages), messages),
    ];
  });
}

function shareOf(share: Share, peers: readonly Share[], count: (share: Share) => number): number | null {
  const whole = peers.reduce((sum, peer) => sum + count(peer), 0);
  return whole === 0 ? null : count(share) / whole;
}

const CONSERVATION = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Sent' },
  { title: 'Echoed' },
  { title: 'Outstanding' },
  { title: 'Lost' },
  { title: 'Adds up', text: true },
];
const WORKERS = CONSERVATION.toSpliced(2, 0, { title: 'Generator worker', text: true });

/** Table of the runs in which messages were due but never sent; null if there are none. */
function dueTable(runs: readonly RunView[]): Markup | null {
  const rows = runs.flatMap(({ run, name, step }) => {
    const due = dueOf(run);
    return due === null || due.unsent === 0
      ? []
      : [[name, step, formatCount(due.due), formatCount(due.unsent), formatShare(due.unsent / due.due)]];
  });
  if (rows.length === 0) return null;
  return html`${table('Messages due but never sent', DUE, rows)}
<p class="how">In an open loop, due = sent + unsent. A message is unsent if its connection closed before the message was due, or if no connection was left to carry it. The response times include the time that each unsent message waited.</p>`;
}

const DUE = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Due' },
  { title: 'Unsent' },
  { title: 'Share' },
];

function totalRow({ figures, name, step }: RunView): Content[] {
  return [name, step, ...accountCells(figures.conservation.total)];
}

function workerRows({ figures, name, step }: RunView): Content[][] {
  return figures.conservation.workers.map((worker) => [
    name,
    step,
    `generator ${worker.worker + 1}`,
    ...accountCells(worker),
  ]);
}

function accountCells({ counts, ok }: Account): Content[] {
  return [
    ...['sent', 'echoed', 'outstanding', 'lost'].map((name) => formatCount(counted(counts, name))),
    ok ? 'yes' : html`<strong class="broken">no</strong>`,
  ];
}
