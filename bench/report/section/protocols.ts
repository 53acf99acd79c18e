import type { HttpFigures } from '../../measure/http.ts';
import type { HttpLeg, Probe } from '../../model/run.ts';
import { formatCount, formatRate, formatTime, NOTHING } from '../../wording/format.ts';
import { table } from '../elements.ts';
import { extremesSentence } from '../finding/extremes.ts';
import { html } from '../markup.ts';
import { type Said, saidOnce } from '../notices.ts';
import { cacheCounts, cacheSentence, keyName, protocolSentence } from '../protocol.ts';
import type { FoldedSection, RunView, View } from '../view.ts';

/** Which protocols the listener supports, and how that affects WebSocket. */
export function protocols(view: View): FoldedSection {
  return {
    id: 'protocols',
    title: 'Protocols',
    finding: listenersFinding(view),
    charts: [],
    body: html`<ul class="plain">${sentences(view).map(
      ({ what, whose }) => html`<li><strong>${whose}</strong>: ${what}</li>
`,
    )}</ul>
${table('Result of one connection before the load', PROBE, view.runs.map(probeRow))}`,
  };
}

/** States which variants encrypt, and which offer HTTP/2. */
function listenersFinding({ variants }: View): string {
  const having = (has: (probe: Probe) => boolean): string =>
    variants
      .filter(({ answers }) => Object.values(answers).some(({ run }) => run.probe !== null && has(run.probe)))
      .map(({ name }) => name)
      .join(', ') || 'none';
  return `TLS: ${having(({ tlsProtocol }) => tlsProtocol !== null)}; HTTP/2 for clients that offer it: ${having(({ alpnOffered }) => alpnOffered === 'h2')}.`;
}

/** Explanations of the protocols. Each sentence appears once, with the runs to which it applies. */
function sentences(view: View): Said<string>[] {
  const said = view.runs.map((of) => ({ what: protocolSentence(of.run.probe), of }));
  return saidOnce(said, view, (text) => text);
}

const PROBE = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'TLS', text: true },
  { title: 'Cipher', text: true },
  { title: 'Key', text: true },
  { title: 'Session resumed', text: true },
  { title: 'ALPN of the WebSockets', text: true },
  { title: 'ALPN for a client that offers h2', text: true },
  { title: 'Extended CONNECT advertised', text: true },
];

function probeRow({ run, name, step }: RunView): string[] {
  const { probe } = run;
  return [
    name,
    step,
    probe?.tlsProtocol ?? 'no TLS',
    probe?.tlsCipher ?? NOTHING,
    keyName(probe),
    yesNo(probe?.tlsResumed),
    probe?.alpn ?? 'none',
    probe?.alpnOffered ?? 'none',
    yesNo(probe?.extendedConnect),
  ];
}

function yesNo(answer: boolean | null | undefined): string {
  return answer === true ? 'yes' : answer === false ? 'no' : NOTHING;
}

/** Ordinary GET requests through the same profile, sent before the WebSockets were opened. */
export function httpLeg({ runs }: View): FoldedSection {
  const legs = runs.flatMap(legOf);
  const levels = legs.map(({ view, http }) => ({ name: view.name, value: http.requestsPerSecond }));
  return {
    id: 'http',
    title: 'HTTP requests before the WebSockets',
    finding: legs.length === 0 ? 'Not measured.' : extremesSentence('HTTP throughput', levels, formatRate),
    charts: [],
    body:
      legs.length === 0
        ? null
        : html`<p>Ordinary GETs over HTTP/1.1 through the same profile, for a short time before the WebSockets.</p>
${legs.filter(({ http }) => http.cache !== null).map(({ view }) => html`<p>${cacheSentence(view)}</p>`)}
${table('HTTP requests', LEG, legs.map(legRow))}`,
  };
}

const LEG = [
  { title: 'Variant' },
  { title: 'Step', text: true },
  { title: 'Requests' },
  { title: 'Requests per second' },
  { title: 'p50' },
  { title: 'p99' },
  { title: 'Max' },
  { title: 'Not 2xx' },
  { title: 'Errors and timeouts' },
  { title: 'Cache', text: true },
  { title: 'Reached an echo server' },
];

/** Formats the number of responses other than 2xx, as in `1,571 (5xx 1,571)`. */
function notTwo({ non2xx, statuses }: HttpLeg): string {
  const others = Object.entries(statuses ?? {}).filter(([kind]) => kind !== '2xx');
  const kinds = others.map(([kind, count]) => `${kind} ${formatCount(count)}`).join(', ');
  return kinds === '' ? formatCount(non2xx) : `${formatCount(non2xx)} (${kinds})`;
}

/** The requests of a run, and the figures derived from them. */
interface Leg {
  view: RunView;
  http: HttpLeg;
  figures: HttpFigures;
}

function legOf(view: RunView): Leg[] {
  const { run, figures } = view;
  return run.http === null || figures.http === null ? [] : [{ view, http: run.http, figures: figures.http }];
}

function legRow({ view: { name, step }, http, figures }: Leg): string[] {
  return [
    name,
    step,
    formatCount(http.requests),
    formatRate(figures.requestsPerSecond),
    formatTime(figures.latency.p50),
    formatTime(figures.latency.p99),
    formatTime(figures.latency.max),
    notTwo(http),
    formatCount(http.errors + http.timeouts),
    cacheCounts(http.cache),
    formatCount(figures.backend),
  ];
}
