/** One exchange: when the question left, what the other clock showed, and when the answer arrived, all in ns. */
export interface Exchange {
  sentNs: bigint;
  otherNs: bigint;
  receivedNs: bigint;
}

/** How far another host's clock is ahead of this one's. The true offset is within `errorNs` of `offsetNs`. */
export interface ClockOffset {
  offsetNs: bigint;
  errorNs: bigint;
}

/** Number of exchanges from which an offset is determined. */
const EXCHANGES = 50;

/**
 * Determines the offset from the exchange with the shortest round trip (the clock filter of RFC 5905 section
 * 10). The other clock was read at some moment of that round trip, so the error is at most half of it.
 */
export function offsetFrom(exchanges: readonly [Exchange, ...Exchange[]]): ClockOffset {
  const roundTrip = ({ sentNs, receivedNs }: Exchange) => receivedNs - sentNs;
  const fastest = exchanges.reduce((best, each) => (roundTrip(each) < roundTrip(best) ? each : best));
  const half = roundTrip(fastest) / 2n;
  return { offsetNs: fastest.otherNs - (fastest.sentNs + half), errorNs: half + 1n };
}

/** Compares clocks by asking `other` repeatedly. Rejects as soon as one question does. */
export async function measureOffset(here: () => bigint, other: () => Promise<bigint>): Promise<ClockOffset> {
  const ask = async (): Promise<Exchange> => {
    const sentNs = here();
    const otherNs = await other();
    return { sentNs, otherNs, receivedNs: here() };
  };
  const exchanges: [Exchange, ...Exchange[]] = [await ask()];
  while (exchanges.length < EXCHANGES) exchanges.push(await ask());
  return offsetFrom(exchanges);
}
