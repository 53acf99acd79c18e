import type { Share } from '../../model/run.ts';
import { type Content, html } from '../markup.ts';
import { formatCount, formatShare } from '../page/format.ts';
import { table, withBar } from '../table.ts';
import type { RunView, Section, View } from '../view.ts';

/** How connections and messages were spread, and whether every message is accounted for. */
export function balance({ runs }: View): Section {
  return {
    id: 'balance',
    title: 'Balance',
    charts: [],
    body: html`${table('Connections and messages by process', SHARES, runs.flatMap(shareRows))}
<p class="how">A WebSocket stays with the Nginx worker that accepted it: workers that got unequal numbers of connections stay unequal, and the fullest sets the tail of the latency. Shares are among the processes of one component.</p>
${table('What became of the messages', CONSERVATION, runs.flatMap(conservationRows))}
<p class="how">Sent = echoed + outstanding + lost has to hold for every generator worker, or something was miscounted.</p>`,
  };
}

const SHARES = [
  { title: 'Process' },
  { title: 'Profile', text: true },
  { title: 'Connections' },
  { title: 'Share of connections' },
  { title: 'Messages' },
  { title: 'Share of messages' },
];

function shareRows({ run, name }: RunView): Content[][] {
  return run.balance.map((share) => {
    const peers = run.balance.filter(({ component }) => component === share.component);
    const connections = shareOf(share, peers, ({ connections }) => connections);
    const messages = shareOf(share, peers, ({ messages }) => messages);
    return [
      share.name,
      name,
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
  { title: 'Generator worker' },
  { title: 'Profile', text: true },
  { title: 'Sent' },
  { title: 'Echoed' },
  { title: 'Outstanding' },
  { title: 'Lost' },
  { title: 'Adds up', text: true },
];

function conservationRows({ figures, name }: RunView): Content[][] {
  const { workers, total } = figures.conservation;
  const rows = [
    ...workers.map((worker) => ({ title: `generator ${worker.worker + 1}`, ...worker })),
    { title: 'all', ...total },
  ];
  return rows.map(({ title, sent, echoed, outstanding, lost, ok }) => [
    title,
    name,
    formatCount(sent),
    formatCount(echoed),
    formatCount(outstanding),
    formatCount(lost),
    ok ? '✓ yes' : html`<strong class="broken">✕ no</strong>`,
  ]);
}
