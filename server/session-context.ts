import { type Answer, answerOf } from './answer.ts';
import { AnswerBuffer } from './answer-buffer.ts';
import { type ClientLog, logClient } from './log.ts';
import type { ServerOptions } from './options.ts';
import { Rooms } from './rooms.ts';
import { emptyStats, type ServerStats } from './running.ts';
import type { Session } from './session.ts';

/** State shared by all sessions of a server. */
export interface SessionContext {
  stats: ServerStats;
  /** Computes replies; null if messages are simply echoed. */
  answer: Answer | null;
  /** The rooms of the server; null if each message only goes back to its sender. Requires `answer`. */
  rooms: Rooms<Buffer, Session> | null;
  maxPayloadBytes: number;
  /** Number of messages after which the server closes a WebSocket; null leaves closing to the client. */
  closeAfter: number | null;
  /** Buffer for the replies to the messages of one read; it is as large as a read. Empty between reads. */
  answers: AnswerBuffer;
  /**
   * Starts the log of a client; null disables logging. Messages are logged before they are passed to
   * `answer`.
   */
  log: ((peer: string) => ClientLog) | null;
}

/**
 * Makes what the sessions of a server share.
 *
 * @param readBytes usual maximum size of one read, in bytes
 */
export function makeContext(options: ServerOptions, readBytes: number): SessionContext {
  return {
    stats: emptyStats(),
    answer: answerOf(options),
    rooms: options.reply === 'rooms' ? new Rooms() : null,
    maxPayloadBytes: options.maxPayloadBytes,
    closeAfter: options.closeAfter,
    answers: new AnswerBuffer(readBytes),
    log: options.log ? logClient : null,
  };
}
