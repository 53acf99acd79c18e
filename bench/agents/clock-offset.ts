/** One exchange: when the question left, what the other clock showed, and when the answer arrived, all in ns. */
export interface Exchange {
  sentNs: bigint;
  otherNs: bigint;
  receivedNs: bigint;
}

/** Offset of another host's clock from this one's. The true offset is within `errorNs` of `offsetNs`. */
export interface ClockOffset {
  offsetNs: bigint;
  errorNs: bigint;
  /** When the clocks were compared, on this host's clock. */
  atNs: bigint;
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
  const atNs = fastest.sentNs + half;
  return { offsetNs: fastest.otherNs - atNs, errorNs: half + 1n, atNs };
}

/**
 * Converts times that another host measured from the run's epoch to the same moments on this host's clock, both
 * in µs since the epoch. The epoch was converted with the offset before the run. Crystals keep their frequency
 * for minutes, so the offset changed evenly from then until the clocks were compared again (null: unknown).
 */
export function ownTimes(
  epochNs: bigint,
  before: ClockOffset,
  after: ClockOffset | null,
): (otherUs: number) => number {
  if (after === null || after.atNs <= before.atNs) return (otherUs) => otherUs;
  const drift = Number(after.offsetNs - before.offsetNs) / Number(after.atNs - before.atNs);
  const comparedUs = Number(before.atNs - epochNs) / 1e3;
  return (otherUs) => comparedUs + (otherUs - comparedUs) / (1 + drift);
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
