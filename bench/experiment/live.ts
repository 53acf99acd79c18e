import type { LiveFigures } from '../measure/merge.ts';
import type { Phase } from '../model/load.ts';
import type { Recording } from '../model/recording.ts';
import type { RunContext } from './context.ts';

const INTERVAL_MS = 500;

/** Tells how the load goes. */
export interface Live {
  enter(phase: Phase): void;
  note(recording: Recording): void;
  close(): void;
}

export function watchLive({ plan, emit }: RunContext, latest: () => LiveFigures | null): Live {
  const open: number[] = [];
  let connecting = true;
  let failed = 0;
  let lost = 0;

  const tell = () => {
    const figures = connecting ? null : latest();
    void emit({
      type: 'live',
      figures: {
        connections: { asked: plan.connections, open: open.reduce((a, b) => a + b, 0), failed },
        echoedPerSecond: figures?.echoedPerSecond ?? 0,
        p50Us: figures?.p50Us ?? null,
        p99Us: figures?.p99Us ?? null,
        lost,
      },
    });
  };
  const timer = setInterval(tell, INTERVAL_MS);
  return {
    enter(phase) {
      connecting = phase === 'connect';
      void emit({ type: 'phase', phase });
      tell();
    },
    note(recording) {
      if (recording.gauges !== null) open[recording.worker] = recording.gauges.open;
      lost += recording.counters.lost + recording.counters.unsent;
      for (const count of Object.values(recording.failures)) failed += count;
    },
    close() {
      clearInterval(timer);
    },
  };
}
