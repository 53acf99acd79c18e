import { drawChart } from './chart.ts';
import { byId, formatMs } from './dom.ts';
import { type Load, type Socket, startLoad } from './load.ts';
import { answerTo, type Topology } from './topology.ts';

const REDRAW_MS = 500;

/** Runs the small load from its form on the page, and shows its chart and table. */
export function watchLoad(url: string, topology: Topology): void {
  const toggle = byId('toggle', HTMLButtonElement);
  const connections = byId('connections', HTMLInputElement);
  const rate = byId('rate', HTMLInputElement);
  const later = makeLater();
  let load: Load | null = null;

  function end(): void {
    load?.stop();
    load = null;
    showState('stopped', false);
  }

  function begin(): void {
    const begun = startLoad({
      connections: connections.valueAsNumber,
      ratePerSecond: rate.valueAsNumber,
      openSocket: () => openSocket(url),
      answerTo: (message) => answerTo(message, topology),
      now: () => performance.now(),
      later,
    });
    load = begun;
    showState('opening connections', true);
    const timer = setInterval(() => {
      const begins = begun.elapsedMs() === null;
      const noneOpen = begun.counts.open === 0;
      draw(begun);
      if (begun === load && !begins) showState('running', true);
      if (begun === load && !begins && noneOpen) end();
      if (begun !== load && noneOpen) clearInterval(timer);
    }, REDRAW_MS);
  }

  function showState(text: string, running: boolean): void {
    byId('load-state', HTMLElement).textContent = text;
    toggle.textContent = running ? 'Stop' : 'Start';
    connections.disabled = running;
    rate.disabled = running;
  }

  byId('load', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    if (load === null) begin();
    else end();
  });
}

function draw(load: Load): void {
  const seconds = load.responses.seconds(load.elapsedMs() ?? 0);
  drawChart(byId('chart', SVGSVGElement), seconds);
  const { counts } = load;
  const { p50, p99, max, count } = load.responses.summary();
  const lag = load.lags.summary();
  const times = (value: number) => (count === 0 ? '–' : formatMs(value));
  const rows = [
    ['Connections open', `${counts.open}${counts.failed === 0 ? '' : `, ${counts.failed} failed`}`],
    ['Messages sent', `${counts.sent}`],
    ['Answers received', `${counts.received}${counts.wrong === 0 ? '' : `, ${counts.wrong} wrong`}`],
    ['Lost', `${counts.lost}`],
    ['Outstanding', `${counts.sent - counts.received - counts.lost}`],
    ['Answers in the last second', `${seconds.at(-1)?.count ?? 0}`],
    ['Response time p50', times(p50)],
    ['Response time p99', times(p99)],
    ['Response time maximum', times(max)],
    ['Send lag p99', times(lag.p99)],
  ] as const;
  byId('figures', HTMLElement).replaceChildren(...rows.map(rowOf));
}

function rowOf([name, value]: readonly [string, string]): HTMLTableRowElement {
  const row = document.createElement('tr');
  const head = document.createElement('th');
  head.scope = 'row';
  head.textContent = name;
  row.append(head);
  row.insertCell().textContent = value;
  return row;
}

function openSocket(url: string): Socket {
  const socket = new WebSocket(url);
  return {
    send: (text) => socket.send(text),
    close: () => socket.close(1000),
    on({ open, message, close }) {
      socket.addEventListener('open', open);
      socket.addEventListener('message', ({ data }) => message(String(data)));
      socket.addEventListener('close', close);
    },
  };
}

/**
 * Creates a timer. Browsers extend short timers to 4 ms, so for a wait of 0, the page posts a message to
 * itself, which arrives as soon as pending events are handled.
 */
function makeLater(): (ms: number, act: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  const acts: (() => void)[] = [];
  port1.onmessage = () => acts.shift()?.();
  return (ms, act) => {
    if (ms > 0) {
      setTimeout(act, ms);
      return;
    }
    acts.push(act);
    port2.postMessage(null);
  };
}
