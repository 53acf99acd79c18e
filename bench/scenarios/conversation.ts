import type { ClientContext, MakeClient } from '../load/sessions/client.ts';
import { makeReturningClient } from '../load/sessions/returning-client.ts';
import type { Session } from '../load/sessions/session.ts';
import { Messages } from '../measure/messages.ts';
import { Exchange } from './echo/exchange.ts';
import { makeLoop } from './echo/make-loop.ts';

/** A message to send: a string as a text message, bytes as a binary one. */
export type OwnMessage = string | Buffer;

/**
 * What a message from the server means.
 * - `answer`: it answers the oldest request of this connection that has no answer yet;
 * - `ready`: the connection may send requests from now on;
 * - `other`: neither of these, such as a heartbeat;
 * - `mismatch`: it is not what the protocol allows here, so the connection is dropped and counted as failed.
 */
export type Meaning = 'answer' | 'ready' | 'other' | 'mismatch';

/** The part of a connection to which a conversation has access. */
export interface Talker<State> {
  /** Number of the connection, unique across all generator workers. */
  readonly id: number;
  /** The data that the conversation keeps for the connection. */
  readonly state: State;
  /** Number of the request whose answer is expected next, counted from 0. */
  readonly awaited: number;
  /** Sends a message that is not a request, such as a greeting or a heartbeat. */
  send(message: OwnMessage): void;
}

/**
 * Requests and answers of a protocol. The benchmark decides when each connection sends a request, and measures
 * when its answer arrives. Answers arrive in the order of the requests.
 */
export interface Conversation<State> {
  /** Creates the data to keep for a new connection. */
  state?(): State;
  /**
   * Called when a connection has opened. If this function exists, the connection sends no requests until it receives a
   * message whose meaning is `ready`. A connection that is not ready within --echo-timeout is dropped.
   */
  open?(talker: Talker<State>): void;
  /** Returns request `sequence` of a connection, counted from 0. */
  request(talker: Talker<State>, sequence: number): OwnMessage;
  /**
   * Returns the meaning of a message. If messages may contain several packets of the protocol, or only part of
   * one, returns a list with the meaning of each complete packet. `bytes` is valid only during the call.
   */
  message(talker: Talker<State>, bytes: Buffer, isText: boolean): Meaning | readonly Meaning[];
}

/** Creates the conversation of a generator worker. */
export type MakeConversation<State> = (context: ClientContext) => Conversation<State>;

/** The state of a connection: its exchange of requests and answers, and the data of the conversation. */
class Talk<State> extends Exchange {
  readonly talker: Talker<State>;
  session: Session<Talk<State>> | null = null;
  openUs = Number.NaN;
  isReady = false;
  /** Requests that were encoded to determine their size, and are about to be sent. */
  readonly encoded: OwnMessage[] = [];

  /** @param send sends a message that is not a request */
  constructor(state: State, send: (session: Session<Talk<State>>, message: OwnMessage) => void) {
    super();
    const talk = this;
    this.talker = {
      state,
      get id() {
        return talk.session?.id ?? -1;
      },
      get awaited() {
        return talk.awaited;
      },
      send(message) {
        if (talk.session?.isOpen) send(talk.session, message);
      },
    };
  }
}

function transmit(session: Session<unknown>, message: OwnMessage): void {
  if (typeof message === 'string') session.sendBytes(Buffer.from(message), true);
  else session.sendBytes(message, false);
}

function bytesOf(message: OwnMessage): number {
  return typeof message === 'string' ? Buffer.byteLength(message) : message.length;
}

/**
 * Returns the client of a scenario that is defined by a conversation.
 *
 * @param reconnects whether clients that lose their connection reconnect, and begin the conversation again
 */
export function conversationClient<State>(
  make: MakeConversation<State>,
  reconnects: boolean,
): MakeClient<Talk<State>> {
  const makeClient = lastingClient(make);
  return (context, sessions) => {
    const client = makeClient(context, sessions);
    return reconnects ? makeReturningClient(context, client) : client;
  };
}

/** The client for connections that are not replaced when they end. */
function lastingClient<State>(make: MakeConversation<State>): MakeClient<Talk<State>> {
  return (context, sessions) => {
    const { clock, recorder, plan } = context;
    const conversation = make(context);
    const { open } = conversation;
    const echoTimeoutUs = plan.echoTimeoutMs * 1e3;
    const messages = new Messages(recorder);
    const sendAside = (session: Session<Talk<State>>, message: OwnMessage) => {
      recorder.at(clock());
      recorder.count('bytesSent', bytesOf(message));
      transmit(session, message);
    };
    const loop = makeLoop(context, messages, sessions, {
      awaitsAnswers: true,
      outgoing: {
        size({ state }, sequence) {
          const talk = state as Talk<State>;
          const message = conversation.request(talk.talker, sequence);
          talk.encoded.push(message);
          return bytesOf(message);
        },
        send(session) {
          for (const message of (session.state as Talk<State>).encoded.splice(0)) transmit(session, message);
        },
      },
    });
    let started = false;
    let stopped = false;
    /** Number of open connections that are not ready yet. */
    let unready = 0;
    const dropUnsent = (talk: Talk<State>, nowUs: number) =>
      talk.dropUnsent((intendedUs) => messages.unsent(nowUs, intendedUs, nowUs - intendedUs));
    const becomesReady = (talk: Talk<State>) => {
      if (talk.isReady) return;
      talk.isReady = true;
      unready--;
    };
    return {
      state: () => new Talk(conversation.state?.() as State, sendAside),
      refused() {},
      reconnects: () => false,
      isReady: () => unready === 0,
      start(times) {
        started = true;
        loop.start(times);
      },
      open(session) {
        const talk = session.state;
        talk.session = session;
        talk.openUs = clock();
        unready++;
        if (open === undefined) becomesReady(talk);
        else open.call(conversation, talk.talker);
        loop.opened(session);
      },
      message(session, bytes, from, to, text) {
        const talk = session.state;
        const meaning = conversation.message(talk.talker, bytes.subarray(from, to), text);
        let left = to - from;
        for (const each of typeof meaning === 'string' ? [meaning] : meaning) {
          if (each === 'answer' && talk.sent > 0) {
            loop.echoed(talk, left);
            talk.shift();
            session.countEcho();
            left = 0;
          } else if (each === 'ready') becomesReady(talk);
          else if (each !== 'other') {
            session.giveUp('mismatch');
            return;
          }
        }
        recorder.at(clock());
        recorder.count('bytesReceived', left);
      },
      batchEnd: (session) => loop.batchEnd(session),
      pong() {},
      closed({ state: talk }, nowUs) {
        becomesReady(talk);
        // Requests that are unanswered at the end are outstanding, not lost.
        if (stopped) return;
        dropUnsent(talk, nowUs);
        for (; talk.sent > 0; talk.shift())
          messages.lost(nowUs, talk.sentUs, loop.hasSchedule ? talk.intendedUs : null);
      },
      tick(session, nowUs) {
        const { isReady, openUs, sentUs } = session.state;
        // `sentUs` is NaN if no request is unanswered; the comparison is then false.
        if (nowUs - (isReady ? sentUs : openUs) >= echoTimeoutUs) session.giveUp('echo-timeout');
      },
      isDrained: (nowUs) => stopped || (started && loop.isDrained(nowUs)),
      stop(nowUs) {
        if (stopped) return;
        stopped = true;
        loop.stop();
        for (const { state } of sessions.allOpen()) dropUnsent(state, nowUs);
      },
    };
  };
}
