import { printable } from '../model/printable.ts';
import type { Result } from '../model/result.ts';
import { formatBytes, formatCount, formatRate, formatTime } from './page/format.ts';
import { lossSentence, validitySentences } from './verdict.ts';
import { latencyTitle, type RunView, viewOf } from './view.ts';

/** The table at the end, and below it what a reader must know of each run; ends in a line end. */
export function summaryText(result: Result): string {
  const { runs } = viewOf(result);
  if (runs.length === 0) return 'No run ended.\n';
  const rows = [HEAD(latencyTitle(runs).toLowerCase()), ...runs.map(rowOf)].map((row) => row.map(printable));
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, index) => Math.max(widest[index] ?? 0, [...cell].length)),
    [],
  );
  const lines = rows.map((row) =>
    row
      .map((cell, index) => pad(cell, widths[index] ?? 0, index < 2))
      .join('  ')
      .trimEnd(),
  );
  const [head = '', ...body] = lines;
  return `${[head, '─'.repeat([...head].length), ...body, ...remarksOf(result, runs)].join('\n')}\n`;
}

const HEAD = (latency: string): string[] => [
  'profile',
  'validity',
  'connections',
  'messages',
  `${latency} p50`,
  'p99',
  'p99.9',
  'nginx CPU/msg',
  'nginx mem/conn',
  'failed',
  'lost',
];

function rowOf({ run, figures, name }: RunView): string[] {
  const times = figures.latencies[figures.latencyName];
  return [
    name,
    run.outcome.state === 'completed' ? run.validity.verdict : run.outcome.state,
    formatCount(figures.connections.opened),
    formatRate(figures.messages.perSecond),
    formatTime(times?.p50),
    formatTime(times?.p99),
    formatTime(times?.p999),
    formatTime(figures.cpuUsPerMessage.proxy),
    formatBytes(figures.memoryPerConnectionBytes.proxy),
    formatCount(figures.connections.failed),
    formatCount(figures.messages.lost),
  ];
}

/** How a run ended if not well, what was lost, why it may not be believed, and the warnings. */
function remarksOf(result: Result, runs: readonly RunView[]): string[] {
  const remarks = runs.flatMap((view) => {
    const { run, figures } = view;
    const unwell = run.outcome.state === 'completed' ? [] : [`${run.outcome.state}: ${run.outcome.reason}`];
    const lossy = figures.connections.failed + figures.messages.lost > 0 || !figures.conservation.ok;
    const doubted = run.validity.verdict === 'valid' ? [] : validitySentences(view).slice(0, 1);
    const warnings = run.notices.filter(({ level }) => level === 'warning').map(({ text }) => text);
    return [...unwell, ...(lossy ? [lossSentence(view)] : []), ...doubted, ...warnings].map(
      (remark) => `${view.name}: ${remark}`,
    );
  });
  const general = result.notices.filter(({ level }) => level === 'warning').map(({ text }) => text);
  const all = [...general, ...remarks].map(printable);
  return all.length === 0 ? [] : ['', ...all];
}

function pad(cell: string, width: number, left: boolean): string {
  const space = ' '.repeat(Math.max(0, width - [...cell].length));
  return left ? cell + space : space + cell;
}
