import { formatCount } from '../../wording/format.ts';
import { counted } from '../../wording/words.ts';
import { chartFigure } from '../chart-figure.ts';
import { table } from '../elements.ts';
import { html } from '../markup.ts';
import type { LineSpec } from '../page/spec.ts';
import type { FoldedSection, RunView, View } from '../view.ts';
import { steadySecond } from './bands.ts';

/** Listen queues and sockets in TIME_WAIT, for the whole system. */
export function tcp({ runs }: View): FoldedSection {
  const spec = timeWaitChart(runs);
  const overflows = runs.reduce((sum, { figures }) => sum + (figures.tcp.listenOverflows ?? 0), 0);
  const most = Math.max(0, ...runs.map(({ figures }) => figures.tcp.timeWaitPeak ?? 0));
  const finding = `${overflows === 0 ? 'No listen queue overflowed' : `Listen queues overflowed ${counted(overflows, 'time')}`}. At most ${counted(most, 'socket was', 'sockets were')} in TIME_WAIT.`;
  return {
    id: 'tcp',
    title: 'Listen queues and TIME_WAIT',
    finding,
    charts: [spec],
    body: html`${chartFigure(spec, 'Sockets in TIME_WAIT over time', finding, 'The side that closes a TCP connection first keeps its port in TIME_WAIT for a minute. What an earlier run left behind is included, so a line may start above 0 and fall.')}
${table(
  'TCP counters of the system',
  TCP_COLUMNS,
  runs.map(({ name, step, figures: { tcp } }) => [
    name,
    step,
    ...[tcp.listenOverflows, tcp.listenDrops, tcp.timeWaitPeak].map((each) => formatCount(each)),
  ]),
)}
<p class="how">A listen queue overflows if connections arrive faster than they are accepted; the client then repeats its SYN after 1 s, 3 s and 7 s. These counters belong to the whole system, which includes other programs.</p>`,
  };
}

const TCP_COLUMNS = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  ...['Listen queue overflows', 'Dropped by listeners', 'Most in TIME_WAIT'].map((title) => ({ title })),
];

function timeWaitChart(runs: readonly RunView[]): LineSpec {
  return {
    kind: 'line',
    id: 'chart-time-wait',
    x: { title: 'seconds into the steady phase', unit: 'seconds' },
    y: { title: 'sockets in TIME_WAIT', unit: 'count', min: 0 },
    series: runs.map((view, index) => ({
      label: view.label,
      colour: view.colour,
      pattern: (view.pattern + index) % 6,
      points: (view.run.machine?.samples ?? []).flatMap(({ atUs, timeWait }) =>
        timeWait === null ? [] : [{ x: steadySecond(view, atUs), y: timeWait }],
      ),
    })),
  };
}
