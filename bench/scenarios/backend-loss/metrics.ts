import { ratio, total } from '../../measure/arithmetic.ts';
import { notCompleted } from '../../metrics/fitness.ts';
import { count, PLAIN } from '../../metrics/kinds.ts';
import type { Metric } from '../../metrics/metric.ts';
import { PROXY } from '../../model/proxy.ts';
import { COMEBACK_METRICS, LISTEN_METRICS, PEAK_METRICS } from '../storm/metrics.ts';

/** Metrics for the loss and the return of an echo server. */
export const BACKEND_LOSS_METRICS: readonly Metric[] = [
  count(
    'backendLoss.failed',
    'failed attempts to reconnect while the server was gone',
    'lower',
    ({ backends }) => backends?.failedWhileGone ?? null,
  ),
  count(
    'backendLoss.retried',
    `handshakes for which ${PROXY} tried several servers`,
    'lower',
    ({ counts }) => counts.retried ?? null,
  ),
  {
    ...PLAIN,
    name: 'backendLoss.share',
    title: 'share of the connections on the recovered server at the end',
    unit: 'share',
    better: 'higher',
    kind: 'usage',
    read: ({ backends }) => {
      if (backends?.lost == null || backends.returnedUs === null || backends.atEnd === null) return null;
      return ratio(backends.atEnd[backends.lost] ?? 0, total(backends.atEnd));
    },
    unfit: notCompleted,
  },
  {
    ...PLAIN,
    name: 'backendLoss.evenAfter',
    title: 'time from the return of the server until the connections were spread evenly',
    unit: 'time',
    better: 'lower',
    kind: 'speed',
    read: ({ backends }) => backends?.evenAfterUs ?? null,
    unfit: notCompleted,
  },
  ...COMEBACK_METRICS,
  ...LISTEN_METRICS,
  ...PEAK_METRICS,
];
