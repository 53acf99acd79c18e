import type { LiveFigures } from '../measure/merge.ts';
import type { Phase } from '../model/load.ts';
import type { Recording } from '../model/recording.ts';
import type { RunContext } from './context.ts';

const INTERVAL_MS = 500;

/** Tells the person how the run goes. */
export interface Live {
  enter(phase: Phase): void;
  note(recording: Recording): void;
  close(): void;
}

export function watchLive({ plan, onProgress }: RunContext, latest: () => LiveFigures | null): Live {
  const open: number[] = [];
  let phase: Phase = 'connect';
  let failed = 0;
  let lost = 0;

  const tell = () => {
    const liveFigures = phase === 'connect' ? null : latest();
    onProgress({
      phase,
      connections: { asked: plan.connections, open: open.reduce((a, b) => a + b, 0), failed },
      messagesPerSecond: liveFigures?.echoedPerSecond ?? 0,
      p50Us: liveFigures?.p50Us ?? null,
      p99Us: liveFigures?.p99Us ?? null,
      lost,
    });
  };
  const timer = setInterval(tell, INTERVAL_MS);
  return {
    enter(next) {
      phase = next;
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
