import {
  joinMessage,
  NUMBERS,
  PUBLICATION_BYTES,
  type Publication,
  readPublication,
  writePublication,
} from '../../../server/wire/publication.ts';
import { makePacer, type Pacer } from '../../load/pacing/pacer.ts';
import type { Waker } from '../../load/pacing/waker.ts';
import type { Client, ClientContext, OpenSessions } from '../../load/sessions/client.ts';
import type { Session } from '../../load/sessions/session.ts';
import type { Deliveries } from '../../measure/deliveries.ts';
import { Messages } from '../../measure/messages.ts';
import { Exchange } from '../echo/exchange.ts';
import { type Layout, publisherOf, roomOf } from './layout.ts';

/** One member of a room. */
export interface Member {
  /** The member's own publications, which the member also receives, like every other member. */
  exchange: Exchange;
  isJoined: boolean;
  /** Position of the last publication that the member received, among the publications of its room. */
  place: number;
  /** Number of publications that were due in the room before the member joined. */
  missedBefore: number;
}

/** How a scenario treats its members. */
export interface MembersOptions {
  layout: Layout;
  /** The group in which a connection's deliveries are counted. */
  deliveriesOf(id: number): Deliveries;
  /** Called when a publication has arrived at a member. `publication` is valid only during the call. */
  arrived(session: Session<Member>, publication: Publication, nowUs: number, bytes: number): void;
}

/** Number of a room's members on this worker, by group. */
type Groups = Map<Deliveries, number>;

/**
 * Has all connections join rooms, publishes on a schedule fixed in advance, and checks what arrives. Each
 * worker follows the whole schedule but only publishes its share, so it can determine, without the server or
 * the other workers, what its members should receive.
 */
export function makeMembers(
  { clock, recorder, payload, plan, worker, makeWaker }: ClientContext,
  sessions: OpenSessions<Member>,
  { layout, deliveriesOf, arrived }: MembersOptions,
): Client<Member> {
  const { workload, workers, seed } = plan;
  const { load } = workload;
  if (load?.kind !== 'open') throw new TypeError('publications need a schedule');
  const echoTimeoutUs = plan.echoTimeoutMs * 1e3;
  const isText = payload.type === 'text';
  const messages = new Messages(recorder);
  const groups = new Set<Deliveries>();
  const members: Groups[] = Array.from({ length: layout.rooms }, () => new Map());
  /** Number of publications due so far, by room. */
  const dueIn = new Float64Array(layout.rooms);
  const publishers = new Map<number, Session<Member>>();
  const read: Publication = { number: 0, intendedUs: 0, place: 0, members: 0 };
  let joining = 0;
  let pacer: Pacer | null = null;
  let number = 0;
  let drainUs = Number.POSITIVE_INFINITY;
  let waker: Waker | null = null;
  let stopped = false;

  /** Counts all publications due by now, and sends those that this worker must publish. */
  const catchUp = (nowUs: number) => {
    if (pacer === null || stopped) return;
    while (pacer.dueUs <= nowUs && pacer.dueUs < drainUs) {
      const { dueUs } = pacer;
      const due = number++;
      pacer.advance();
      const room = roomOf(layout, due);
      dueIn[room] = (dueIn[room] ?? 0) + 1;
      for (const [deliveries, count] of members[room] ?? []) deliveries.expected(nowUs, count);
      const publisher = publisherOf(layout, due);
      if (publisher % workers === worker) publish(publisher, due, dueUs);
    }
  };
  const publish = (publisher: number, number: number, intendedUs: number) => {
    const nowUs = clock();
    messages.fellDue(nowUs, intendedUs);
    const session = publishers.get(publisher);
    if (session === undefined) {
      messages.unsent(nowUs, intendedUs, Math.max(nowUs - intendedUs, echoTimeoutUs));
      return;
    }
    const bytes = payload.size(publisher, number);
    const message = Buffer.allocUnsafe(bytes);
    payload.body.copy(message, 0, 0, bytes);
    writePublication(message, number, intendedUs);
    session.state.exchange.fallsDue(intendedUs);
    session.state.exchange.sendDue(nowUs, () => messages.sentOnSchedule(nowUs, intendedUs, bytes));
    session.sendBytes(message, isText);
  };
  const pump = () => {
    catchUp(clock());
    if (pacer !== null && !stopped && pacer.dueUs < drainUs) waker?.wakeAt(pacer.dueUs);
  };
  const countMember = ({ id }: Session<Member>, by: number) => {
    const own = members[roomOf(layout, id)];
    const group = deliveriesOf(id);
    groups.add(group);
    own?.set(group, (own.get(group) ?? 0) + by);
  };
  const joined = (session: Session<Member>) => {
    session.state.isJoined = true;
    session.state.missedBefore = dueIn[roomOf(layout, session.id)] ?? 0;
    joining--;
    countMember(session, 1);
    if (isPublisher(session.id)) publishers.set(session.id, session);
  };
  const isPublisher = (id: number) => id < layout.rooms * layout.publishers;
  const isIntact = (bytes: Buffer, from: number, to: number) => {
    const size = to - from;
    const publisher = publisherOf(layout, read.number);
    if (size !== payload.size(publisher, read.number)) return false;
    return bytes.compare(payload.body, PUBLICATION_BYTES, size, from + PUBLICATION_BYTES, to) === 0;
  };
  const ownReturned = (session: Session<Member>, nowUs: number) => {
    const { exchange } = session.state;
    if (exchange.sent === 0) return;
    messages.echoedOnSchedule(nowUs, exchange.sentUs, exchange.intendedUs, 0);
    exchange.shift();
  };
  return {
    state() {
      joining++;
      return { exchange: new Exchange(), isJoined: false, place: 0, missedBefore: 0 };
    },
    refused() {
      joining--;
    },
    reconnects: () => false,
    isReady: () => joining === 0,
    start(times) {
      ({ drainUs } = times);
      pacer = makePacer(load, times.warmUpUs, 0, 1, seed);
      if (publishers.size === 0) return;
      waker = makeWaker(pump);
      waker.wakeAt(pacer.dueUs);
    },
    open: (session) => session.sendBytes(joinMessage(roomOf(layout, session.id)), isText),
    message(session, bytes, from, to, text) {
      const { state, id } = session;
      if (!state.isJoined) {
        if (joinMessage(roomOf(layout, id)).equals(bytes.subarray(from, to))) joined(session);
        else session.giveUp('mismatch');
        return;
      }
      const isKnown = text === isText && readPublication(bytes, from, to, read);
      if (!isKnown || roomOf(layout, read.number) !== roomOf(layout, id) || !isIntact(bytes, from, to)) {
        session.giveUp('mismatch');
        return;
      }
      const gap = (read.place - state.place + NUMBERS) % NUMBERS;
      if (gap === 0 || gap > NUMBERS / 2) {
        session.giveUp('out-of-order');
        return;
      }
      const nowUs = clock();
      catchUp(nowUs);
      state.place = read.place;
      const deliveries = deliveriesOf(id);
      if (gap > 1) deliveries.skipped(nowUs, gap - 1);
      deliveries.delivered(nowUs, to - from);
      if (publisherOf(layout, read.number) === id) ownReturned(session, nowUs);
      session.countEcho();
      arrived(session, read, nowUs, to - from);
    },
    batchEnd() {},
    pong() {},
    closed(session, nowUs) {
      const { state, id } = session;
      if (!state.isJoined) joining--;
      if (stopped) return;
      catchUp(nowUs);
      publishers.delete(id);
      if (state.isJoined) {
        countMember(session, -1);
        const due = (dueIn[roomOf(layout, id)] ?? 0) - state.missedBefore;
        deliveriesOf(id).missed(nowUs, due - state.place);
      }
      for (const { exchange } = state; exchange.sent > 0; exchange.shift())
        messages.lost(nowUs, exchange.sentUs, exchange.intendedUs);
    },
    tick(session, nowUs) {
      catchUp(nowUs);
      // `sentUs` is NaN if no publication is unanswered; the comparison is then false.
      if (nowUs - session.state.exchange.sentUs >= echoTimeoutUs) session.giveUp('echo-timeout');
    },
    isDrained(nowUs) {
      catchUp(nowUs);
      if (stopped || nowUs >= drainUs + echoTimeoutUs) return true;
      const pending = [...groups].reduce((sum, group) => sum + group.pending, 0);
      return nowUs >= drainUs && (sessions.openConnections === 0 || pending + messages.outstanding === 0);
    },
    stop(nowUs) {
      if (stopped) return;
      catchUp(nowUs);
      stopped = true;
      waker?.close();
    },
  };
}
