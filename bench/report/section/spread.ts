import type { MessageAccount } from '../../measure/figures.ts';
import type { Share } from '../../model/run.ts';
import { dueOf } from '../due.ts';
import { type Content, html, type Markup } from '../markup.ts';
import { formatCount, formatShare } from '../page/format.ts';
import { table, withBar } from '../table.ts';
import type { FoldedSection, RunView, View } from '../view.ts';

/** How connections and messages were spread, and whether every message is accounted for. */
export function spread({ runs }: View): FoldedSection {
  return {
    id: 'spread',
    title: 'Spread',
    finding: accountFinding(runs),
    charts: [],
    body: html`${table('Connections and messages by process', SHARES, runs.flatMap(shareRows))}
<p class="how">A WebSocket stays with the Nginx worker that accepted it: workers that got unequal numbers of connections stay unequal, and the fullest sets the tail of the latency. Shares are among the processes of one component.</p>
${table('What became of the messages', CONSERVATION, runs.map(totalRow))}
${dueTable(runs)}
<details><summary>Worker by worker</summary>
${table('What became of the messages of each generator worker', WORKERS, runs.flatMap(workerRows))}
</details>
<p class="how">Sent = echoed + outstanding + lost has to hold for every generator worker, or something was miscounted.</p>`,
  };
}

/** Whether every message is accounted for, and how many of them were lost. */
function accountFinding(runs: readonly RunView[]): string {
  const wrong = runs.filter(({ figures }) => !figures.conservation.ok);
  if (wrong.length > 0) return `The counts do not add up in ${wrong.map(({ label }) => label).join('; ')}.`;
  const sum = (count: 'sent' | 'lost'): number =>
    runs.reduce((all, { figures }) => all + figures.conservation.total[count], 0);
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

/** If a schedule could not be kept: how many messages it asked for that were not sent. */
function dueTable(runs: readonly RunView[]): Markup | null {
  const rows = runs.flatMap(({ run, name, step }) => {
    const due = dueOf(run);
    return due === null || due.unsent === 0
      ? []
      : [[name, step, formatCount(due.due), formatCount(due.unsent), formatShare(due.unsent / due.due)]];
  });
  if (rows.length === 0) return null;
  return html`${table('What was due and never sent', DUE, rows)}
<p class="how">An open loop has a schedule: due = sent + unsent. A message is unsent when its connection was given up before its turn came, or when there was none left to send it on. It counts in the response times with the time it waited.</p>`;
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

function accountCells({ sent, echoed, outstanding, lost, ok }: MessageAccount): Content[] {
  return [
    formatCount(sent),
    formatCount(echoed),
    formatCount(outstanding),
    formatCount(lost),
    ok ? 'yes' : html`<strong class="broken">no</strong>`,
  ];
}
