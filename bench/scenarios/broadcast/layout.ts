import type { ScenarioOptions } from '../../model/load.ts';

/**
 * Which connections are in which room, and who publishes when. A pure function of the plan, so every worker
 * knows what all of its connections should receive, whoever publishes it.
 */
export interface Layout {
  rooms: number;
  /** Number of publishing connections in each room. */
  publishers: number;
}

/** @param options `room` 0 means one room with all connections */
export function layoutOf(connections: number, { room, publishers }: ScenarioOptions): Layout {
  const rooms = Number(room) === 0 ? 1 : Math.ceil(connections / Number(room));
  return { rooms, publishers: Number(publishers) };
}

/** The number of connections in the smallest room. Rooms differ by one at most. */
export function leastMembers(connections: number, { rooms }: Layout): number {
  return Math.floor(connections / rooms);
}

/** The room of a connection, or of a publication: both are assigned round-robin. */
export function roomOf({ rooms }: Layout, number: number): number {
  return number % rooms;
}

/** The connection that sends a publication. The publishers of a room take turns. */
export function publisherOf({ rooms, publishers }: Layout, publication: number): number {
  return (publication % rooms) + rooms * (Math.floor(publication / rooms) % publishers);
}
