/**
 * One exchange: the time at which the request was sent, the other clock's time, and the time at which the
 * reply arrived, all in ns.
 */
export interface Exchange {
  sentNs: bigint;
  otherNs: bigint;
  receivedNs: bigint;
}

/** Offset of another host's clock from this host's clock. The true offset is within `errorNs` of `offsetNs`. */
export interface ClockOffset {
  offsetNs: bigint;
  errorNs: bigint;
  /** Time of the comparison, on this host's clock. */
  atNs: bigint;
}

/** Number of exchanges from which an offset is determined. */
const EXCHANGES = 50;

/**
 * Determines the offset from the exchange with the shortest round trip (the clock filter of RFC 5905 section
 * 10). The other clock was read during that round trip, so the error is at most half its duration.
 */
export function offsetFrom(exchanges: readonly [Exchange, ...Exchange[]]): ClockOffset {
  const roundTrip = ({ sentNs, receivedNs }: Exchange) => receivedNs - sentNs;
  const fastest = exchanges.reduce((best, each) => (roundTrip(each) < roundTrip(best) ? each : best));
  const half = roundTrip(fastest) / 2n;
  const atNs = fastest.sentNs + half;
  return { offsetNs: fastest.otherNs - atNs, errorNs: half + 1n, atNs };
}

/**
 * Returns a function that converts times from another host's clock to this host's. It takes and returns µs
 * since the run's epoch. The other host's epoch was calculated with the offset measured before the run. Clock
 * crystals keep their frequency for minutes, so the offset is assumed to change linearly between the
 * measurements before and after the run. If `after` is null, the function returns times unchanged.
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

/** Compares two clocks by calling `other` repeatedly. Rejects as soon as a call of `other` rejects. */
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
