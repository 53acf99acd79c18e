import type { ScenarioOptions } from '../../model/load.ts';

/**
 * Determines which connections are in which room, and which of them publishes when. Depends only on the plan,
 * so every worker can determine which publications its connections should receive.
 */
export interface Layout {
  rooms: number;
  /** Number of publishing connections in each room. */
  publishers: number;
}

/** @param options a `room` of 0 means one room for all connections */
export function layoutOf(connections: number, { room, publishers }: ScenarioOptions): Layout {
  const rooms = Number(room) === 0 ? 1 : Math.ceil(connections / Number(room));
  return { rooms, publishers: Number(publishers) };
}

/** Number of connections in the smallest room. The sizes of rooms differ by at most one. */
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
