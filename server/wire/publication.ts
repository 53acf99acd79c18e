/**
 * Format of the messages between clients and a server with rooms. Every byte of a header is printable ASCII, so that a
 * message is valid as text and as binary. A digit encodes 6 bits; the lowest digit comes first.
 *
 *   join          J, room (4 digits)
 *   publication   P, number (5), intended time (8), place (5), members (4), then any content
 *
 * A client sends a publication with 0 as place and members. The server fills in both: the publication's place in the
 * order of its room, from 1, and the number of members of the room at that time.
 */
const JOIN = 0x4a;
const PUBLICATION = 0x50;
const DIGIT_BASE = 0x30;

const NUMBER = { at: 1, digits: 5 };
const INTENDED = { at: 6, digits: 8 };
const PLACE = { at: 14, digits: 5 };
const MEMBERS = { at: 19, digits: 4 };

/** Size of a publication's header, and thus of the smallest publication, in bytes. */
export const PUBLICATION_BYTES = 23;
const ROOM = { at: 1, digits: 4 };
const JOIN_BYTES = 5;

/** Publication numbers and places are counted modulo this value, because five digits hold no more. */
export const NUMBERS = 2 ** 30;

/** The header of a publication. A reader reuses one object for all publications. */
export interface Publication {
  /** Number of the publication within the run, from 0. */
  number: number;
  /** Time at which the publication was due, in µs since the run's epoch. */
  intendedUs: number;
  place: number;
  members: number;
}

/** Creates the message with which a client joins a room. */
export function joinMessage(room: number): Buffer {
  const bytes = Buffer.alloc(JOIN_BYTES, JOIN);
  write(bytes, 0, ROOM, room);
  return bytes;
}

/** @returns the room that a message joins; null if it is not a join message */
export function readJoin(bytes: Buffer): number | null {
  return bytes.length === JOIN_BYTES && bytes[0] === JOIN ? read(bytes, 0, ROOM) : null;
}

/** Writes a client's header over the first bytes of `bytes`, which must have at least PUBLICATION_BYTES. */
export function writePublication(bytes: Buffer, number: number, intendedUs: number): void {
  bytes.fill(DIGIT_BASE, PLACE.at, PUBLICATION_BYTES);
  bytes[0] = PUBLICATION;
  write(bytes, 0, NUMBER, number);
  write(bytes, 0, INTENDED, Math.round(intendedUs));
}

/** Fills in the server's part of the header. */
export function placePublication(bytes: Buffer, place: number, members: number): void {
  write(bytes, 0, PLACE, place);
  write(bytes, 0, MEMBERS, members);
}

export function isPublication(bytes: Buffer): boolean {
  return bytes.length >= PUBLICATION_BYTES && bytes[0] === PUBLICATION;
}

/**
 * Reads the header of the message in `from`..`to`.
 *
 * @returns whether the message is a publication, in which case `into` was filled
 */
export function readPublication(bytes: Buffer, from: number, to: number, into: Publication): boolean {
  if (to - from < PUBLICATION_BYTES || bytes[from] !== PUBLICATION) return false;
  into.number = read(bytes, from, NUMBER);
  into.intendedUs = read(bytes, from, INTENDED);
  into.place = read(bytes, from, PLACE);
  into.members = read(bytes, from, MEMBERS);
  return true;
}

interface Field {
  at: number;
  digits: number;
}

function write(bytes: Buffer, from: number, { at, digits }: Field, value: number): void {
  let rest = value;
  for (let i = from + at; i < from + at + digits; i++) {
    bytes[i] = (rest % 64) + DIGIT_BASE;
    rest = Math.floor(rest / 64);
  }
}

/** Reads a number. Times exceed 32 bits, so digits are added up rather than shifted. */
function read(bytes: Buffer, from: number, { at, digits }: Field): number {
  let value = 0;
  for (let i = from + at + digits - 1; i >= from + at; i--)
    value = value * 64 + (((bytes[i] as number) - DIGIT_BASE) & 63);
  return value;
}
