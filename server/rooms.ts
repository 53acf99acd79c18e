import { isPublication, placePublication, readJoin } from './wire/publication.ts';

/**
 * Maximum number of bytes queued for a member. If the client of a member does not read, the member gets no
 * further publications until fewer bytes are queued, because the queues would otherwise grow without limit.
 */
export const MOST_QUEUED_BYTES = 1 << 20;

/** A WebSocket that can be a member of a room. */
export interface Member<Frame> {
  /** Number of bytes that the operating system has not accepted yet. */
  queuedBytes(): number;
  /** Sends a frame that is shared by all members and must not be modified. */
  deliver(frame: Frame): void;
}

interface Room<M> {
  members: Set<M>;
  /** Number of publications in the room so far. */
  place: number;
}

/**
 * Sends each publication to all members of its sender's room, in the order in which they joined. `Frame` is
 * the type of what the server sends to each member.
 */
export class Rooms<Frame, M extends Member<Frame>> {
  readonly #rooms = new Map<number, Room<M>>();
  readonly #roomOf = new Map<M, Room<M>>();

  /**
   * Handles a message.
   *
   * @param frameOf creates the frame that is sent to every member; called at most once, with the publication
   *   as it is sent
   * @returns the number of members to which the message was sent; null if it should only go back to its
   *   sender
   */
  take(from: M, payload: Buffer, frameOf: (payload: Buffer) => Frame): number | null {
    const joined = readJoin(payload);
    if (joined !== null) this.#join(from, joined);
    const room = this.#roomOf.get(from);
    if (room === undefined || !isPublication(payload)) return null;
    room.place++;
    placePublication(payload, room.place, room.members.size);
    const frame = frameOf(payload);
    let sent = 0;
    for (const member of room.members) {
      if (member.queuedBytes() > MOST_QUEUED_BYTES) continue;
      member.deliver(frame);
      sent++;
    }
    return sent;
  }

  leave(member: M): void {
    this.#roomOf.get(member)?.members.delete(member);
    this.#roomOf.delete(member);
  }

  #join(member: M, number: number): void {
    this.leave(member);
    const room = this.#rooms.get(number) ?? { members: new Set(), place: 0 };
    this.#rooms.set(number, room);
    room.members.add(member);
    this.#roomOf.set(member, room);
  }
}
