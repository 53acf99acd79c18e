import { ratio } from '../../measure/arithmetic.ts';
import { type HttpFigures, type HttpLoadFigures, httpCourse } from '../../measure/http.ts';
import { PROXY } from '../../model/proxy.ts';
import type { HttpLeg } from '../../model/run.ts';
import { timeAxis } from '../../report/axis.ts';
import { answerCards } from '../../report/cards.ts';
import { chartFigure } from '../../report/chart-figure.ts';
import { table } from '../../report/elements.ts';
import { html } from '../../report/markup.ts';
import type { LineSpec } from '../../report/page/spec.ts';
import { cacheCounts } from '../../report/protocol.ts';
import type { Cells, ScenarioReport } from '../../report/scenario.ts';
import { eventsOf, steadySecond } from '../../report/section/bands.ts';
import { claims } from '../../report/section/claims.ts';
import { course } from '../../report/section/course.ts';
import { handshakes } from '../../report/section/handshakes.ts';
import { ofAll, timeOf } from '../../report/section/time-charts.ts';
import { timesTable } from '../../report/section/times.ts';
import { verdictOf } from '../../report/verdict.ts';
import { type RunView, runsOf, type Section, type VariantView, type View } from '../../report/view.ts';
import { formatCount, formatRate, formatShare, formatTime, NOTHING } from '../../wording/format.ts';
import { counted, paragraph } from '../../wording/words.ts';

export const report: ScenarioReport = {
  answer,
  cells,
  words: ['variant', 'validity'],
  optional: [],
  lines: [
    { before: 'WebSocket p50, p99: ', headings: ['ws p50', 'ws p50 with', 'ws p99', 'ws p99 with'] },
    { before: 'HTTP p50, p99: ', headings: ['http p50', 'http p50 with', 'http p99', 'http p99 with'] },
    { before: '', headings: ['requests/s', 'failed', 'backend', 'server', 'validity'] },
  ],
  legend: () => [
    [['ws'], 'response time without and with HTTP requests'],
    [['http'], 'response time without and with WebSockets'],
    [['requests/s'], 'HTTP requests per second during the load'],
    [['backend'], 'share of the HTTP requests that reached an echo server'],
    [['server'], 'CPU of the echo servers during the HTTP requests, as a share of a core'],
  ],
  remarks: () => [],
  open: [(view) => answerCards(view, answer), times, requests, cpu],
  folded: [course, handshakes, claims],
  ofRounds: [],
};

/** Summarises a variant, as in `plain: with 1,000 HTTP requests per second, half of the WebSocket messages …` */
function answer({ name, answers }: VariantView): string {
  const view = answers.mixed;
  if (view === undefined) return `Nothing was measured for ${name}.`;
  const { httpLoad } = view.figures;
  if (httpLoad === null) return `${name}: the run ended before any HTTP requests were sent.`;
  return `${name}: ${paragraph([webSocketSentence(view), httpSentence(view), backendSentence(view)])}`;
}

function webSocketSentence({ figures: { httpLoad } }: RunView): string {
  if (httpLoad === null) return 'there were no HTTP requests.';
  const { requestsPerSecond, with: during, without } = httpLoad;
  const start = `with ${formatCount(Math.round(requestsPerSecond))} HTTP requests per second`;
  if (during.response.p50 === null || without.response.p50 === null)
    return `${start}, there were too few echoed messages for a median.`;
  const { p99 } = during.response;
  const tail =
    p99 === null || without.response.p99 === null
      ? ''
      : ` and 99 % within ${formatTime(p99)} (${formatTime(without.response.p99)} without)`;
  return `${start}, half of the WebSocket messages were echoed within ${formatTime(during.response.p50)} (${formatTime(without.response.p50)} without)${tail}.`;
}

function httpSentence({ figures: { http, httpLoad } }: RunView): string {
  if (httpLoad === null || httpLoad.latency.p50 === null) return '';
  const alone = http?.latency.p50 == null ? '' : ` (${formatTime(http.latency.p50)} without WebSockets)`;
  return `Half of the HTTP requests were answered within ${formatTime(httpLoad.latency.p50)}${alone}.`;
}

function backendSentence({ figures: { httpLoad } }: RunView): string {
  if (httpLoad === null) return '';
  const { backend, succeeded, failed, unanswered } = httpLoad;
  const { server } = httpLoad.with.cores;
  const usage =
    server === null
      ? ''
      : ` The echo servers used ${formatShare(server)} of a core during the HTTP requests, and ${formatShare(httpLoad.without.cores.server)} without them.`;
  const reached =
    backend === null
      ? `${counted(failed, 'HTTP request')} failed, so it is not known how many reached an echo server.`
      : `${formatCount(backend)} of ${counted(succeeded, 'HTTP request')} reached an echo server.`;
  const late = unanswered === 0 ? '' : ` ${counted(unanswered, 'HTTP request')} had no response by the end.`;
  return `${reached}${usage}${late}`;
}

function cells({ name, answers }: VariantView): Cells {
  const view = answers.mixed;
  const { http, httpLoad } = view?.figures ?? {};
  return [
    ['variant', name],
    ['ws p50', formatTime(httpLoad?.without.response.p50)],
    ['ws p50 with', formatTime(httpLoad?.with.response.p50)],
    ['ws p99', formatTime(httpLoad?.without.response.p99)],
    ['ws p99 with', formatTime(httpLoad?.with.response.p99)],
    ['http p50', formatTime(http?.latency.p50)],
    ['http p50 with', formatTime(httpLoad?.latency.p50)],
    ['http p99', formatTime(http?.latency.p99)],
    ['http p99 with', formatTime(httpLoad?.latency.p99)],
    ['requests/s', formatCount(httpLoad == null ? null : Math.round(httpLoad.requestsPerSecond))],
    ['failed', formatCount(httpLoad?.failed)],
    ['backend', formatShare(backendShare(httpLoad))],
    ['server', formatShare(httpLoad?.with.cores.server)],
    ['validity', view === undefined ? NOTHING : verdictOf(view)],
  ];
}

function backendShare(http: HttpFigures | null | undefined): number | null {
  return http?.backend == null ? null : ratio(http.backend, http.succeeded);
}

function times(view: View): Section {
  const runs = runsOf(view, 'mixed');
  const median = ({ p50Us }: { p50Us: number | null }) => p50Us;
  const axis = timeAxis(
    'median response time',
    runs.flatMap(({ points }) => points.map(median)),
  );
  const webSockets = ofAll('chart-websocket-times', runs, axis, median);
  const http = httpChart(runs);
  const findings = (sentence: (run: RunView) => string) =>
    runs.map((run) => `${run.name}: ${sentence(run)}`).join(' ');
  return {
    id: 'times',
    title: 'Response times of WebSockets and HTTP requests, together and alone',
    charts: [webSockets, http],
    body: html`${chartFigure(webSockets, 'Median WebSocket response time in each second', findings(webSocketSentence), 'The dashed lines are the beginning and the end of the HTTP requests. A step between them is their effect.')}
${chartFigure(http, 'Median HTTP response time in each second', findings(httpSentence), 'The same requests were sent before the WebSocket load; the table has their times.')}
${timesTable(
  'Response time, from when a message or request was due',
  'Time',
  runs,
  ({ figures: { http, httpLoad } }) => [
    ['WebSocket, without HTTP', httpLoad?.without.response ?? null],
    ['WebSocket, with HTTP', httpLoad?.with.response ?? null],
    ['HTTP, without WebSockets', http?.latency ?? null],
    ['HTTP, with WebSockets', httpLoad?.latency ?? null],
    ['Send lag of WebSockets, without HTTP', httpLoad?.without.sendLag ?? null],
    ['Send lag of WebSockets, with HTTP', httpLoad?.with.sendLag ?? null],
  ],
)}
<p class="how">Both are due on a schedule that does not wait for responses, so a stall counts for everything that it delayed. If the send lag grows with the HTTP requests, part of the effect is due to the generator, which shares the machine with the process that sends them.</p>`,
  };
}

function httpChart(runs: readonly RunView[]): LineSpec {
  const courses = runs.map((view) => ({
    view,
    course: view.run.httpLoad === null ? [] : httpCourse(view.run.httpLoad),
  }));
  return {
    kind: 'line',
    id: 'chart-http-times',
    x: timeOf(runs),
    y: timeAxis(
      'median HTTP response time',
      courses.flatMap(({ course }) => course.map(({ p50Us }) => p50Us)),
    ),
    bands: runs.slice(0, 1).flatMap(eventsOf),
    series: courses.map(({ view, course }) => ({
      label: view.name,
      colour: view.colour,
      pattern: view.pattern,
      points: course.map(({ atUs, p50Us }) => ({ x: steadySecond(view, atUs), y: p50Us })),
    })),
  };
}

const REQUESTS = [
  { title: 'Variant' },
  { title: 'When', text: true },
  ...['Due', 'Answered', 'Broken', 'Unanswered', 'Per second', 'Failed'].map((title) => ({ title })),
  { title: 'Cache', text: true },
  { title: 'Reached an echo server' },
];

function requests(view: View): Section {
  const runs = runsOf(view, 'mixed');
  return {
    id: 'requests',
    title: 'HTTP requests, and where they were answered',
    charts: [],
    body: html`<p>${runs.map((run) => `${run.name}: ${backendSentence(run)}`).join(' ')}</p>
${table('HTTP requests', REQUESTS, runs.flatMap(requestRows))}
<p class="how">Due = answered + broken + unanswered. Answered: responses of any status. Broken: the connection broke, or the request timed out. Unanswered: no response by the end. Failed: broken, or answered with a 4xx or 5xx status. A cache answers ordinary GETs only: the messages of an open WebSocket never pass through it. It affects them only through the CPU time that it saves or costs.</p>`,
  };
}

function requestRows({ name, run, figures }: RunView): string[][] {
  const row = (when: string, leg: HttpLeg | undefined | null, http: HttpFigures | null) =>
    leg == null || http === null
      ? []
      : [
          [
            name,
            when,
            formatCount(leg.schedule?.due),
            formatCount(leg.requests),
            formatCount(leg.errors + leg.timeouts),
            formatCount(leg.schedule?.unanswered),
            formatRate(http.requestsPerSecond),
            formatCount(http.failed),
            cacheCounts(leg.cache),
            formatCount(http.backend),
          ],
        ];
  return [
    ...row('without WebSockets', run.http, figures.http),
    ...row('with WebSockets', run.httpLoad?.total, figures.httpLoad),
  ];
}

const CPU = [
  { title: 'Variant' },
  { title: 'When', text: true },
  ...[PROXY, 'Echo servers', 'Generator'].map((title) => ({ title })),
];

function cpu(view: View): Section {
  const rows = runsOf(view, 'mixed').flatMap(({ name, figures: { httpLoad } }) => {
    if (httpLoad === null) return [];
    const cores = (when: string, { cores: { proxy, server, generator } }: HttpLoadFigures['with']) => [
      name,
      when,
      ...[proxy, server, generator].map(formatShare),
    ];
    return [cores('without HTTP', httpLoad.without), cores('with HTTP', httpLoad.with)];
  });
  return {
    id: 'cpu',
    title: 'CPU time with and without HTTP requests',
    charts: [],
    body: html`${table('CPU time, as a share of one core', CPU, rows)}
<p class="how">The WebSocket load is the same in both rows, so the difference is what the HTTP requests cost. The generator includes the process that sends them. Without: the seconds of the steady phase before the HTTP requests.</p>`,
  };
}
