import type { Validity } from '../model/run.ts';
import { formatCount, formatRate, formatShare, formatTime, NOTHING } from './page/format.ts';
import type { RunView } from './view.ts';

/** How fast it was, and how steady its latency. */
export function speedSentence({ figures, run }: RunView): string {
  const { perSecond } = figures.messages;
  if (perSecond === null) return 'It did not come to the steady phase, so there is no rate and no latency.';
  const latency = figures.latencies[figures.latencyName];
  const loop =
    run.plan.workload.load.kind === 'closed'
      ? `a closed loop with ${formatCount(run.plan.workload.load.inFlight)} in flight each`
      : `an open loop at ${formatRate(run.plan.workload.load.ratePerSecond)}`;
  const percentiles = [
    ['p50', latency?.p50],
    ['p99', latency?.p99],
    ['p99.9', latency?.p999],
  ].filter((pair): pair is [string, number] => typeof pair[1] === 'number');
  const told = percentiles.map(([name, us]) => `${name} ${formatTime(us)}`).join(', ');
  const connections = formatCount(figures.connections.opened);
  return `${connections} connections in ${loop} echoed ${formatRate(perSecond)}${
    told === '' ? '' : `, with a ${figures.latencyName} time of ${told}`
  }.`;
}

/** Connections that failed, messages lost, books that do not balance. */
export function lossSentence({ figures }: RunView): string {
  const { connections, messages, conservation } = figures;
  const missing = Math.max(0, connections.asked - connections.opened - connections.failed);
  const losses = [
    connections.failed > 0 &&
      `${formatCount(connections.failed)} of ${formatCount(connections.asked)} connections failed`,
    missing > 0 && `${formatCount(missing)} of ${formatCount(connections.asked)} connections were not opened`,
    messages.lost > 0 && `${formatCount(messages.lost)} of ${formatCount(messages.sent)} messages were lost`,
    messages.outstanding > 0 && `${formatCount(messages.outstanding)} messages were outstanding at the end`,
    !conservation.ok && 'the counts do not add up (sent = echoed + outstanding + lost does not hold)',
  ].filter((loss) => loss !== false);
  return losses.length === 0
    ? 'No connection failed and no message was lost.'
    : sentence(capital(losses.join('; ')));
}

/** What speaks against the figures, and what kept the run from going faster. */
export function validitySentences({ run }: RunView): string[] {
  const { verdict, reasons, limit } = run.validity;
  const known =
    verdict === 'valid' ? [] : [`The verdict is ${verdict}: ${reasons.map(sentence).join(' ') || NOTHING}`];
  // A verdict that goes by the limit has given its evidence already.
  const told = limit.evidence === '' || known.some((line) => line.includes(limit.evidence));
  return told ? known : [...known, `${LIMITED_BY[limit.component]}: ${sentence(limit.evidence)}`];
}

const LIMITED_BY: Record<Validity['limit']['component'], string> = {
  proxy: 'What set the pace was Nginx',
  server: 'What set the pace was the echo server',
  generator: 'What set the pace was the generator',
  machine: 'No CPU was left for more',
  schedule: 'What set the pace was the schedule',
  none: 'No component was at its limit',
};

/** One line for each component that was told: its share in the CPU of a message. */
export function cpuSentence({ figures }: RunView): string {
  const { proxy } = figures.cpuUsPerMessage;
  return proxy === null ? '' : `Nginx used ${formatTime(proxy)} of CPU per message.`;
}

/** `97 % of the rate that was offered`, in an open loop. */
export function offeredSentence({ figures }: RunView): string {
  if (figures.offered === null || figures.offered.ratio === null) return '';
  return `It achieved ${formatShare(figures.offered.ratio)} of the ${formatRate(figures.offered.perSecond)} offered.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Ends in a full stop, whoever wrote it. */
function sentence(text: string): string {
  return /[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;
}
