import * as v from 'valibot';
import { failureKey } from '../model/failure.ts';
import { PHASES } from '../model/load.ts';
import { type Counters, type FanOut, type Recording, recordedName } from '../model/recording.ts';
import { BUCKETS } from './counts.ts';

/**
 * Binary encoding of a recording for sending it between processes, independent of transport and engine.
 * Numbers are unsigned LEB128 (7 bits per byte, lowest first, with the highest bit set on all but the last).
 * A string is encoded as its length in bytes, followed by its UTF-8 bytes. The fields, in order:
 *
 *   version        VERSION
 *   origin         host (string), worker, sequence
 *   bounds         startUs, endUs, index of the phase in PHASES
 *   counters       number of counters; for each its name (string) and count
 *   failures       number of kinds; for each its key (string) and count
 *   gauges         0, or 1 followed by the number of gauges; for each its name (string) and value
 *   loop           0, or 1 followed by startUs, endUs, utilisation in millionths, delayMaxUs
 *   histograms     number of histograms; for each its name (string) and number of pairs;
 *                  for each pair its bucket's distance from the previous bucket (for the first pair, from −1),
 *                  and its count
 *   fan-outs       number of publications; for each its number, intendedUs, members, and pairs like those of
 *                  a histogram
 *
 * Changing this order or PHASES requires a new version.
 */
const VERSION = 3;
const MILLION = 1e6;
/** Maximum length, in bytes, of a host name (RFC 1035 section 2.3.4) and of a failure key. */
const STRING_MAX = 255;
const COUNT_MAX = 2 ** 32 - 1;

export function encodeRecording(recording: Recording): Buffer {
  const { counters, failures, gauges, loop, histograms, fanOuts } = recording;
  const writer = new Writer();
  writer.number(VERSION);
  writer.string(recording.from.host);
  writer.number(recording.from.index);
  writer.number(recording.sequence);
  writer.number(recording.startUs);
  writer.number(recording.endUs);
  writer.number(PHASES.indexOf(recording.phase));
  writer.counts(counters);
  writer.counts(failures);
  writer.number(gauges === null ? 0 : 1);
  if (gauges !== null) writer.counts(gauges);
  writer.number(loop === null ? 0 : 1);
  if (loop !== null) {
    writer.number(loop.startUs);
    writer.number(loop.endUs);
    writer.number(Math.round(loop.utilisation * MILLION));
    writer.number(loop.delayMaxUs);
  }
  writer.number(Object.keys(histograms).length);
  for (const [name, pairs] of Object.entries(histograms)) {
    writer.string(name);
    writer.pairs(pairs);
  }
  writer.number(fanOuts.length);
  for (const { number, intendedUs, members, delays } of fanOuts) {
    writer.number(number);
    writer.number(intendedUs);
    writer.number(members);
    writer.pairs(delays);
  }
  return writer.bytes();
}

/**
 * Decodes the output of `encodeRecording`. Uses time and memory proportional to the number of bytes, even for
 * invalid input.
 *
 * @throws Error with the reason if the bytes are not a recording
 */
export function decodeRecording(bytes: Uint8Array): Recording {
  const reader = new Reader(bytes);
  const version = reader.number();
  if (version !== VERSION) throw new Error(`it has version ${version}, but version ${VERSION} was expected`);
  const from = { host: reader.string(), index: reader.number() };
  const sequence = reader.number();
  const bounds = readSpan(reader);
  const phase = PHASES[reader.number()];
  if (phase === undefined) throw new Error('it contains an unknown phase');
  const recording: Recording = {
    from,
    sequence,
    ...bounds,
    phase,
    counters: readCounts(reader, isName),
    failures: readCounts(reader, (key) => v.is(failureKey, key)),
    gauges: reader.flag() ? readCounts(reader, isName) : null,
    loop: reader.flag() ? { ...readSpan(reader), ...readLoop(reader) } : null,
    histograms: readHistograms(reader),
    fanOuts: readFanOuts(reader),
  };
  if (!reader.atEnd) throw new Error('it has bytes after its end');
  return recording;
}

function readSpan(reader: Reader): { startUs: number; endUs: number } {
  const [startUs, endUs] = [reader.number(), reader.number()];
  if (endUs < startUs) throw new Error('it ends before it begins');
  return { startUs, endUs };
}

const isName = (name: string): boolean => v.is(recordedName, name);

function readCounts(reader: Reader, isKnown: (name: string) => boolean): Counters {
  const counts: Counters = {};
  for (let left = reader.number(); left > 0; left--) {
    const name = reader.string();
    if (!isKnown(name) || Object.hasOwn(counts, name))
      throw new Error('it contains an unknown or repeated counter, gauge or failure');
    counts[name] = reader.number();
  }
  return counts;
}

function readLoop(reader: Reader): { utilisation: number; delayMaxUs: number } {
  const utilisation = reader.number() / MILLION;
  if (utilisation > 1) throw new Error('its event loop was more than 100 % busy');
  return { utilisation, delayMaxUs: reader.number() };
}

function readHistograms(reader: Reader): Recording['histograms'] {
  const histograms: Recording['histograms'] = {};
  for (let left = reader.number(); left > 0; left--) {
    const name = reader.string();
    if (!isName(name) || Object.hasOwn(histograms, name))
      throw new Error('it contains an unknown or repeated histogram');
    histograms[name] = reader.pairs();
  }
  return histograms;
}

function readFanOuts(reader: Reader): FanOut[] {
  const fanOuts: FanOut[] = [];
  for (let left = reader.number(); left > 0; left--) {
    const [number, intendedUs, members] = [reader.number(), reader.number(), reader.number()];
    fanOuts.push({ number, intendedUs, members, delays: reader.pairs() });
  }
  return fanOuts;
}

class Writer {
  readonly #bytes: number[] = [];

  number(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not a count`);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes.push((rest % 0x80) | 0x80);
    this.#bytes.push(rest);
  }

  string(text: string): void {
    const bytes = Buffer.from(text);
    this.number(bytes.length);
    this.#bytes.push(...bytes);
  }

  counts(counts: Readonly<Counters>): void {
    const entries = Object.entries(counts);
    this.number(entries.length);
    for (const [name, count] of entries) {
      this.string(name);
      this.number(count);
    }
  }

  pairs(pairs: Uint32Array): void {
    this.number(pairs.length / 2);
    let before = -1;
    for (let i = 0; i < pairs.length; i += 2) {
      const index = pairs[i] as number;
      this.number(index - before);
      this.number(pairs[i + 1] as number);
      before = index;
    }
  }

  bytes(): Buffer {
    return Buffer.from(this.#bytes);
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Error('it ends too early');
      value += (byte & 0x7f) * scale;
      if (!Number.isSafeInteger(value))
        throw new Error('it contains a number that is too large to be a count');
      if (byte < 0x80) return value;
    }
  }

  flag(): boolean {
    const value = this.number();
    if (value > 1) throw new Error('it contains a number where yes or no should be');
    return value === 1;
  }

  string(): string {
    const length = this.number();
    if (length > STRING_MAX || length > this.#left) throw new Error('it contains a string that is too long');
    const from = this.#at;
    this.#at += length;
    return Buffer.from(this.#bytes.subarray(from, this.#at)).toString();
  }

  pairs(): Uint32Array {
    const count = this.number();
    // Each pair takes at least two bytes. This check prevents allocating memory for an unverified number of
    // pairs.
    if (count > this.#left / 2) throw new Error('it ends in the middle of a histogram');
    const pairs = new Uint32Array(count * 2);
    let index = -1;
    for (let i = 0; i < pairs.length; i += 2) {
      const distance = this.number();
      const samples = this.number();
      index += distance;
      if (distance === 0 || index >= BUCKETS) throw new Error('the buckets of a histogram are not in order');
      if (samples === 0 || samples > COUNT_MAX) throw new Error('a bucket holds no count');
      pairs[i] = index;
      pairs[i + 1] = samples;
    }
    return pairs;
  }

  get #left(): number {
    return this.#bytes.length - this.#at;
  }
}
