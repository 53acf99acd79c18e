import type { RunFigures } from '../../measure/figures.ts';
import type { Step } from '../../model/plan.ts';
import type { Run } from '../../model/run.ts';
import { formatRate, formatTime } from '../page/format.ts';

/** A figure by which two variants are compared. */
export interface EffectFigure {
  title: string;
  /** Named as in comparisons. */
  name: string;
  step: Step;
  format: (value: number | null) => string;
  read: (figures: RunFigures) => number | null;
  /** Why a completed run is unfit for it, by the rules of a comparison; null if it is fit. */
  doubt: (run: Run) => string | null;
}

export const P50: EffectFigure = {
  title: 'response time p50',
  name: 'response.p50',
  step: 'latency',
  format: formatTime,
  read: ({ latencies }) => latencies.response?.p50 ?? null,
  doubt: ({ validity }) => (validity.limit.component === 'schedule' ? null : 'did not keep its schedule'),
};

export const THROUGHPUT: EffectFigure = {
  title: 'throughput',
  name: 'messages.perSecond',
  step: 'throughput',
  format: formatRate,
  read: ({ messages }) => messages.perSecond,
  // Without Nginx, the echo server is what is measured.
  doubt: ({ proxy, validity: { limit } }) =>
    proxy !== null && (limit.component === 'generator' || limit.component === 'server')
      ? `was limited by its ${limit.component === 'server' ? 'echo server' : 'generator'}`
      : null,
};

export const NGINX_CPU: EffectFigure = {
  title: 'Nginx CPU per message',
  name: 'cpuPerMessage.proxy',
  step: 'throughput',
  format: formatTime,
  read: ({ cpuUsPerMessage }) => cpuUsPerMessage.proxy,
  doubt: () => null,
};

export const SERVER_CPU: EffectFigure = {
  ...NGINX_CPU,
  title: 'echo server CPU per message',
  name: 'cpuPerMessage.server',
  read: ({ cpuUsPerMessage }) => cpuUsPerMessage.server,
};
