import { PROXY } from '../../model/proxy.ts';
import { NEEDS, type Size } from '../../model/size.ts';
import { formatCount, formatRate, formatShare } from '../../wording/format.ts';
import { capital } from '../../wording/words.ts';
import { conclusionOf } from '../conclusion.ts';
import { type Column, facts, table } from '../elements.ts';
import { html } from '../markup.ts';
import { CHECK_COLUMNS, COST_COLUMNS, checkRows, costRows, NEED_COLUMNS, needRows } from '../size/rows.ts';
import type { Section, View } from '../view.ts';

/**
 * Sections that show what a planned load needs, how these needs were derived, and how accurate the prediction
 * was.
 */
export const SIZE_SECTIONS = [found, needs, check, costs];

function sizeIn({ result }: View): Size {
  const size = conclusionOf(result, 'size');
  if (size === null) throw new TypeError('the result is not a sizing');
  return size;
}

/** Sentence that describes the plan. */
export function sizeLoad(size: Size): string {
  const { connections, ratePerSecond, churnPerSecond } = size.wanted;
  return `Plan: ${formatCount(connections)} connections, messages at ${formatRate(ratePerSecond)}, new connections at ${formatRate(churnPerSecond)}.`;
}

function found(view: View): Section {
  const size = sizeIn(view);
  const { connections, ratePerSecond, churnPerSecond, payloadBytes, utilisation } = size.wanted;
  const [answer, ...others] = size.findings.map(({ text }) => text);
  return {
    id: 'size',
    title: 'What the load needs',
    charts: [],
    body: html`<p class="verdict">${answer ?? 'No run finished.'}</p>
${others.map((each) => html`<p>${each}</p>`)}
${facts([
  ['connections', formatCount(connections)],
  ['messages', formatRate(ratePerSecond)],
  ['new connections', formatRate(churnPerSecond)],
  ['largest message', `${formatCount(payloadBytes)} B`],
  ['highest permitted utilisation of a worker', formatShare(utilisation)],
])}`,
  };
}

const GROUPS = { load: 'CPU and memory', nginx: PROXY, system: 'System' } as const;

function needs(view: View): Section {
  const size = sizeIn(view);
  const columns: Column[] = [
    ...NEED_COLUMNS.map((title) => ({ title: capital(title) })),
    { title: 'How', text: true },
  ];
  return {
    id: 'needs',
    title: 'Values and their derivation',
    charts: [],
    body: html`${Object.entries(GROUPS).map(
      ([group, title]) => html`<h3>${title}</h3>
${table(
  title,
  columns,
  size.needs.flatMap((need) =>
    NEEDS[need.name] === group
      ? needRows({ ...size, needs: [need] }).map((row) => [...row, need.derivation.text])
      : [],
  ),
)}`,
    )}
<p class="how">Values without an interval follow from the plan by arithmetic alone. An interval combines the intervals of the costs that the value depends on. It does not cover differences between this machine and another one, such as a faster CPU or a network in place of the loopback interface.</p>`,
  };
}

function check(view: View): Section {
  const size = sizeIn(view);
  const { connections, workers, checked } = size.check;
  return {
    id: 'check',
    title: 'Check',
    charts: [],
    body: html`${
      checked.length === 0
        ? html`<p>The check did not run.</p>`
        : table(
            'Predicted and measured',
            CHECK_COLUMNS.map((title) => ({ title: capital(title) })),
            checkRows(size),
          )
    }
<p class="how">Predicted for ${formatCount(connections)} connections and ${formatCount(workers)} ${PROXY} worker${workers === 1 ? '' : 's'} from costs that were measured with fewer connections, and then measured. Memory and descriptors are those of connections that exchanged one message. CPU is that used for messages, at the same rate per worker as in the runs that measured their cost. The cost of a handshake is not checked this way.</p>`,
  };
}

function costs(view: View): Section {
  const size = sizeIn(view);
  return {
    id: 'costs',
    title: 'Costs',
    charts: [],
    body: html`${table(
      'Cost of one connection, process, message or handshake',
      COST_COLUMNS.map((title) => ({ title: capital(title) })),
      costRows(size),
    )}
<p class="how">Memory and descriptors: least squares over the memory samples of all <code>touched</code> runs, with different numbers of connections and <code>worker_connections</code>. CPU: mean of the <code>latency</code> and <code>scheduled</code> runs. Memory of the kernel: mean of the slopes of the runs, for all four sockets of a connection.</p>`,
  };
}
