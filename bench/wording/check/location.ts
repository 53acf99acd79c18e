/** Arguments of a location block, such as `= /ws`; null for a server in a `stream` block. */
export type LocationFact = string | null;

/** Names a location, as in `location /ws`. */
export function locationName(location: LocationFact): string {
  return location === null ? 'this stream server' : `location ${location}`;
}
