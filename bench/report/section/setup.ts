import type { RunPlan } from '../../model/plan.ts';
import { PROXY } from '../../model/proxy.ts';
import type { UsedProxy } from '../../model/run.ts';
import { formatBytes, formatCount, formatRate, formatTime, NOTHING } from '../../wording/format.ts';
import { placementText } from '../../wording/notices.ts';
import { facts, table } from '../elements.ts';
import { loadText, payloadText } from '../load.ts';
import { type Content, html, type Markup } from '../markup.ts';
import { placementOf } from '../placement.ts';
import type { FoldedSection, RunView, View } from '../view.ts';
import { sandboxDifference } from './difference.ts';

/** Everything needed to repeat the measurement: machine, plan, command. */
export function setup({ result, runs, isExternal }: View): FoldedSection {
  const { environment: machine, plan } = result;
  const nginx = byVariant(runs, ({ version }) => version);
  const under = isExternal ? '' : `, ${nginx === '' ? `no ${PROXY}` : `${PROXY} ${nginx}`}`;
  return {
    id: 'setup',
    title: 'Environment and plan',
    finding: `${machine.cpus} CPUs, ${formatBytes(machine.memoryBytes)}, Node ${machine.node}${under}.`,
    charts: [],
    body: html`${facts([
      ['System', `${machine.os}, kernel ${machine.kernel}, ${machine.arch}`],
      [
        'CPU',
        `${machine.cpuModel}, ${formatCount(machine.cpus)} usable${machine.cpuQuota === null ? '' : `, of which a quota allows ${Number(machine.cpuQuota.toFixed(2))}`}`,
      ],
      ['Memory', formatBytes(machine.memoryBytes)],
      ...(isExternal ? targetFacts(runs) : nginxFacts(runs)),
      ['Node', machine.node],
      ['Bun', machine.bun ?? 'none'],
      ['Open files limit', formatCount(machine.openFilesLimit)],
      ['somaxconn', formatCount(machine.somaxconn)],
      ['Local ports', machine.portRange === null ? NOTHING : machine.portRange.join(' to ')],
      ['Load average before', machine.loadAverage1m.toFixed(2)],
      ['Started', result.startedAt],
      ['Ended', result.endedAt ?? 'interrupted'],
      ['Seed', String(plan.seed)],
      ['Thresholds', plan.thresholds.join(', ') || 'none'],
      ['Bench', `${result.tool.name} ${result.tool.version}, result schema ${result.schemaVersion}`],
    ])}
<h3>Command</h3>
<pre tabindex="0">nginx-ws-bench ${plan.command.map(quoted).join(' ')}</pre>
${runs.length > 0 && planOf(runs)}`,
  };
}

function nginxFacts(runs: readonly RunView[]): [string, string][] {
  const binaries = byVariant(runs, ({ version, binary, origin }) =>
    origin === null ? `${version} (${binary})` : `${version} (${origin}, ${binary})`,
  );
  return [
    [PROXY, binaries || 'none'],
    ...upgradedTo(runs),
    [`OpenSSL of ${PROXY}`, byVariant(runs, ({ openssl }) => openssl) || NOTHING],
  ];
}

/** How an external server was contacted: its URL, the certificate check, and the subprotocols offered. */
function targetFacts(runs: readonly RunView[]): [string, string][] {
  const target = runs[0]?.run.plan.target;
  if (target?.kind !== 'external') return [];
  const { url, certificate, subprotocols } = target;
  return [
    ['Target', url],
    ...(certificate === null ? [] : [['Certificate', CHECKED[certificate.by]] satisfies [string, string]]),
    ...(subprotocols.length === 0
      ? []
      : [['Subprotocols offered', subprotocols.join(', ')] satisfies [string, string]]),
  ];
}

const CHECKED = {
  system: 'verified against the certificate authorities of the system',
  file: 'verified against the certificate authorities in a file',
  nothing: 'not verified',
};

/** Returns a fact about Nginx. If it differs between runs, each value is listed with the variants that have it. */
function byVariant(runs: readonly RunView[], factOf: (nginx: UsedProxy) => string | null): string {
  const variants = new Map<string, Set<string>>();
  for (const { run } of runs) {
    const fact = run.proxy === null ? null : factOf(run.proxy);
    if (fact !== null) variants.set(fact, (variants.get(fact) ?? new Set()).add(run.plan.variant));
  }
  if (variants.size <= 1) return [...variants.keys()].join('');
  return [...variants].map(([fact, names]) => `${[...names].join(', ')}: ${fact}`).join('; ');
}

/** Quotes an argument for a shell. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

/** Plan values that are the same in every run, followed by a table of the values that differ. */
function planOf(runs: readonly RunView[]): Markup {
  const rows = runs.map(planRow);
  const [first] = rows;
  const differing = PLAN.map((_, index) => index <= 1 || rows.some((row) => row[index] !== first?.[index]));
  const same = PLAN.flatMap(({ title }, index): [string, Content][] =>
    differing[index] || first?.[index] === ABSENT ? [] : [[title, first?.[index]]],
  );
  const differs = (_: unknown, index: number) => differing[index];
  return html`<h3>Plan</h3>
${facts(same)}
${table(
  'Differences between runs',
  PLAN.filter(differs),
  rows.map((row) => row.filter(differs)),
)}`;
}

/** Cell for a value that does not apply to a run, such as the processes of a server that was already running. */
const ABSENT = '';

const PLAN = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Load', text: true },
  { title: 'Payload', text: true },
  { title: 'Connections' },
  { title: 'Connects per second' },
  { title: 'Warm-up' },
  { title: 'Duration' },
  { title: 'Turns', text: true },
  { title: 'Generators', text: true },
  { title: 'Echo servers', text: true },
  { title: `${PROXY} workers`, text: true },
  { title: 'Source addresses' },
  { title: 'CPUs', text: true },
  { title: 'Pacing', text: true },
  { title: 'Seed' },
];

function planRow({ run: { plan: run }, step }: RunView): string[] {
  const { workload, proxy } = run;
  const none = run.target.kind === 'external' ? ABSENT : 'none';
  return [
    run.variant,
    step,
    loadText(workload.load),
    payloadText(workload.payload),
    formatCount(run.connections),
    run.rampPerSecond === 0 ? 'unlimited' : formatRate(run.rampPerSecond),
    formatTime(run.warmupMs * 1000),
    formatTime(run.durationMs * 1000),
    turnsText(run),
    `${run.workers} (${endText(run.client, run)})`,
    run.server === null ? none : `${run.servers} (${run.backend ?? endText(run.server, run)})`,
    proxy === null
      ? none
      : `${proxy.workers}, ${formatCount(proxy.workerConnections)} connections each, backlog ${formatCount(proxy.backlog)}`,
    formatCount(run.sourceAddresses.length),
    placementText(placementOf(run)),
    run.pacing ?? NOTHING,
    String(run.seed),
  ];
}

/**
 * Describes how a run was interleaved with others. Warm-up and duration refer only to the turns of this run.
 */
function turnsText({ turns }: RunPlan): string {
  return turns === null
    ? NOTHING
    : `${formatTime(turns.lengthMs * 1000)} of each ${formatTime(turns.lengthMs * turns.of * 1000)}`;
}

/** Describes a client or server. Only the lean client and server have a choice of engine. */
function endText(end: 'lean' | 'ws' | 'own', { engine, carrier }: RunPlan): string {
  if (end === 'own') return 'your own';
  if (end === 'ws') return 'ws';
  const how = carrier === 'io_uring' ? ', io_uring without TLS' : '';
  return `lean on ${engine === 'bun' ? 'Bun' : 'Node'}${how}`;
}

/** The configuration used in the run, and Nginx's error log. */
export function configurations({ runs }: View): FoldedSection {
  const proxied = runs.filter(({ run }) => run.proxy !== null);
  return {
    id: 'configuration',
    title: `${PROXY} configuration`,
    finding: logFinding(proxied),
    charts: [],
    body:
      proxied.length === 0
        ? null
        : html`<p>The file passed to <code>nginx -c</code>: the profile or your own configuration, adapted to the sandbox of the run.</p>
${runs.map(configurationOf)}`,
  };
}

/** Names the variants whose Nginx wrote to its error log. */
function logFinding(proxied: readonly RunView[]): string {
  if (proxied.length === 0) return `No variant has ${PROXY}.`;
  const logged = proxied.filter(({ run }) => run.proxy?.errorLog.length);
  return logged.length === 0
    ? `${PROXY} wrote nothing to its error log.`
    : `${PROXY} wrote to its error log in these runs: ${logged.map(({ label }) => label).join('; ')}.`;
}

function configurationOf({ run, label }: RunView): Content {
  if (run.proxy === null) return null;
  const { configuration, errorLog, version, buildArguments } = run.proxy;
  return html`<details><summary>${label}</summary>
<pre tabindex="0" aria-label="nginx.conf of ${label}">${configuration}</pre>
${sandboxDifference(run.proxy, label)}
${errorLog.length > 0 && html`<h3>Error log</h3><pre tabindex="0" aria-label="Error log of ${label}">${errorLog.join('\n')}</pre>`}
<p class="how">nginx ${version}, built with: ${buildArguments}</p>
</details>
`;
}

/** A row for the binary to which Nginx was to be upgraded; empty if no run included an upgrade. */
function upgradedTo(runs: readonly RunView[]): [string, string][] {
  const text = byVariant(runs, ({ upgrade }) =>
    upgrade === null ? null : `${upgrade.version} (${upgrade.origin ?? upgrade.binary})`,
  );
  return text === '' ? [] : [[`${PROXY} after the upgrade`, text]];
}
