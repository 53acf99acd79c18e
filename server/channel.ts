import { type LoopSample, startLoopMeter } from './loop-meter.ts';
import type { RunningServer, ServerStats } from './running.ts';

/** Messages from the server to its parent process, over the channel of child_process. */
export type ServerMessage =
  | { type: 'ready'; port: number }
  | ({ type: 'stats' } & ServerStats)
  | ({ type: 'loop' } & LoopSample);

/** A request from the parent process to the server. */
export interface ServerRequest {
  type: 'stats';
}

const LOOP_INTERVAL_MS = 1000;

/** Sends reports over the channel, if there is one. The server exits when its parent process does. */
export function openChannel(server: RunningServer): void {
  if (process.send === undefined) return;
  process.on('disconnect', () => process.exit(0));
  // No event follows if the parent process was killed while this one started.
  if (!process.connected) process.exit(0);
  process.on('message', (message: ServerRequest) => {
    if (message.type === 'stats') tell({ type: 'stats', ...server.stats });
  });
  const readLoop = startLoopMeter();
  if (readLoop !== null) setInterval(() => tell({ type: 'loop', ...readLoop() }), LOOP_INTERVAL_MS).unref();
  tell({ type: 'ready', port: server.port });
}

/**
 * Sends a message. A failure is ignored: it means that the channel is closing, and the `disconnect` event
 * follows.
 */
function tell(message: ServerMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
