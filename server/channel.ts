import { type LoopSample, startLoopMeter } from './loop-meter.ts';
import type { RunningServer, ServerStats } from './running.ts';

/** What the server tells the process that started it, over the channel of child_process. */
export type ServerMessage =
  | { type: 'ready'; port: number }
  | ({ type: 'stats' } & ServerStats)
  | ({ type: 'loop' } & LoopSample);

/** What it is asked. */
export interface ServerRequest {
  type: 'stats';
}

const LOOP_INTERVAL_MS = 1000;

/** Reports over the channel, where there is one; the server does not outlive whoever started it. */
export function openChannel(server: RunningServer): void {
  if (process.send === undefined) return;
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: ServerRequest) => {
    if (message.type === 'stats') tell({ type: 'stats', ...server.stats });
  });
  const readLoop = startLoopMeter();
  if (readLoop !== null) setInterval(() => tell({ type: 'loop', ...readLoop() }), LOOP_INTERVAL_MS).unref();
  tell({ type: 'ready', port: server.port });
}

/** A channel that is just closing is no error: 'disconnect' follows. */
function tell(message: ServerMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
