import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MAX_FRAGMENTS } from './fragments.ts';
import { frame, KEY } from './frame.test.fixture.ts';
import { FrameReader } from './frame-reader.ts';
import { applyMask } from './masking.ts';

type Heard = [kind: string, payload: string];

/** Records what a reader reports. `feed` splits bytes into chunks and returns the fault. */
function listen(reader: FrameReader) {
  const heard: Heard[] = [];
  const handler = {
    message(buffer: Buffer, from: number, to: number, text: boolean, key: number) {
      applyMask(buffer, from, to, key);
      heard.push([text ? 'text' : 'binary', buffer.toString('hex', from, to)]);
    },
    control: (opcode: number, payload: Buffer) =>
      void heard.push([`control ${opcode}`, payload.toString('hex')]),
  };
  const feed = (bytes: Buffer, cuts: readonly number[]) => {
    let from = 0;
    for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
      const to = Math.min(cut, bytes.length);
      // Each chunk is part of a larger buffer that is overwritten afterwards, as with sockets.
      const shared = Buffer.alloc(bytes.length + 6, 0xee);
      bytes.copy(shared, 3, from, to);
      const fault = reader.read(shared, 3, 3 + to - from, handler);
      if (fault !== null) return fault;
      shared.fill(0xdd);
      from = to;
    }
    return null;
  };
  return { heard, feed };
}

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 140 }),
  fc
    .constantFrom(125, 126, 127, 65_535, 65_536, 70_000)
    .map((length) => new Uint8Array(length).fill(length & 255)),
);
const message = fc.record({
  text: fc.boolean(),
  fragments: fc.array(payload, { minLength: 1, maxLength: 3 }),
  ping: fc.option(fc.uint8Array({ maxLength: 125 }), { nil: null }),
  key: fc.uint8Array({ minLength: 4, maxLength: 4 }),
});

for (const masked of [false, true]) {
  describe(masked ? 'frames from a client' : 'frames from a server', () => {
    const reader = (max: number) => listen(new FrameReader(max, masked));
    const make = (first: number, body: Uint8Array, key: Uint8Array = KEY) =>
      frame(first, body, masked ? key : null);

    test('messages, fragments and control frames are read the same at any split', () => {
      const property = fc.property(
        fc.array(message, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(300_000), { maxLength: 12 }),
        (messages, cuts) => {
          const frames: Buffer[] = [];
          const expected: Heard[] = [];
          for (const { text, fragments, ping, key } of messages) {
            fragments.forEach((part, i) => {
              const opcode = i > 0 ? 0 : text ? 1 : 2;
              // A control frame may come between the fragments of a message (RFC 6455 section 5.4).
              if (ping !== null && i === 1) {
                frames.push(make(0x89, ping, key));
                expected.push(['control 9', Buffer.from(ping).toString('hex')]);
              }
              frames.push(make(i === fragments.length - 1 ? 0x80 | opcode : opcode, part, key));
            });
            expected.push([text ? 'text' : 'binary', Buffer.concat(fragments).toString('hex')]);
          }
          const { heard, feed } = reader(1 << 24);
          assert.equal(feed(Buffer.concat(frames), cuts), null);
          assert.deepEqual(heard, expected);
        },
      );
      fc.assert(property, { numRuns: 150 });
    });

    test('one byte at a time', () => {
      const large = new Uint8Array(70_000).fill(7);
      const { heard, feed } = reader(70_000);
      const bytes = Buffer.concat([make(0x82, large), make(0x88, Buffer.from([0x03, 0xe8]))]);
      assert.equal(feed(bytes, [...bytes.keys()]), null);
      assert.deepEqual(heard, [
        ['binary', '07'.repeat(70_000)],
        ['control 8', '03e8'],
      ]);
    });

    test('memory for a frame of known size is allocated once, however many chunks it arrives in', (t) => {
      const { feed, heard } = reader(70_000);
      const bytes = make(0x82, new Uint8Array(70_000));
      const allocated = t.mock.method(Buffer, 'allocUnsafeSlow');
      assert.equal(feed(bytes, [20, ...Array.from({ length: 60 }, (_, at) => at * 1000 + 1000)]), null);
      assert.equal(heard.length, 1);
      assert.deepEqual(
        allocated.mock.calls.map(({ arguments: [size] }) => size),
        [bytes.length],
      );
    });

    const hi = make(0x81, Buffer.from('hi'));
    const large = make(0x82, new Uint8Array(1001));
    const BREACHES: [what: string, bytes: Buffer, fault: number][] = [
      ['a mask that is missing or not allowed', frame(0x81, 'x', masked ? null : KEY), 1002],
      ['a reserved bit', make(0xc1, Buffer.alloc(3)), 1002],
      ['a continuation without a first fragment', make(0x80, Buffer.alloc(3)), 1002],
      ['a complete message between fragments', Buffer.concat([make(0x01, Buffer.alloc(3)), hi]), 1002],
      [
        'a first fragment between fragments',
        Buffer.concat([make(0x01, Buffer.alloc(3)), make(0x02, Buffer.alloc(3))]),
        1002,
      ],
      ['a frame that is too large', large, 1009],
      [
        'fragments that are too large together',
        Buffer.concat([make(0x02, new Uint8Array(600)), make(0x80, new Uint8Array(401))]),
        1009,
      ],
    ];
    for (const [what, bytes, fault] of BREACHES) {
      test(`rejects ${what}, at any split, after handling what preceded it`, () => {
        for (let cut = 0; cut <= bytes.length; cut++) {
          const { heard, feed } = reader(1000);
          assert.equal(feed(Buffer.concat([hi, bytes]), [hi.length + cut]), fault);
          assert.deepEqual(heard, [['text', '6869']]);
        }
      });
    }

    test('a fragmented message may be as large as one in a single frame, and so may the next', () => {
      const halves = [make(0x02, new Uint8Array(600)), make(0x80, new Uint8Array(400))];
      const { heard, feed } = reader(1000);
      assert.equal(feed(Buffer.concat([...halves, make(0x82, new Uint8Array(1000)), ...halves]), []), null);
      assert.deepEqual(heard, Array(3).fill(['binary', '00'.repeat(1000)]));
    });

    test('a fragmented payload does not depend on the chunks in which it arrived', () => {
      const { heard, feed } = reader(1000);
      const [first, last] = [make(0x01, Buffer.from('one ')), make(0x80, Buffer.from('two'))];
      feed(Buffer.concat([first, last]), [first.length]);
      assert.deepEqual(heard, [['text', Buffer.from('one two').toString('hex')]]);
    });

    test('a message in many small fragments is one buffer that is at most twice as large', () => {
      const parts = [make(0x02, Buffer.of(7)), ...Array(9_998).fill(make(0x00, Buffer.of(7)))];
      const bytes = Buffer.concat([...parts, make(0x80, Buffer.of(7))]);
      const held: number[] = [];
      const fault = new FrameReader(1 << 24, masked).read(bytes, 0, bytes.length, {
        message: (buffer, from, to) => void held.push(to - from, buffer.buffer.byteLength),
        control: assert.fail,
      });
      assert.equal(fault, null);
      assert.equal(held[0], 10_000);
      assert.ok((held[1] ?? Number.POSITIVE_INFINITY) <= 20_000, `${held[1]} bytes`);
    });

    test('rejects a message with too many fragments, including empty ones', () => {
      for (const part of [Buffer.of(7), Buffer.alloc(0)]) {
        const most = [make(0x02, part), ...Array(MAX_FRAGMENTS - 2).fill(make(0x00, part))];
        const good = Buffer.concat([...most, make(0x80, part)]);
        const bad = Buffer.concat([...most, make(0x00, part), make(0x80, part)]);
        const { heard, feed } = reader(1 << 24);
        assert.equal(feed(Buffer.concat([good, good]), []), null);
        assert.equal(feed(bad, [100]), 1008);
        assert.deepEqual(heard, Array(2).fill(['binary', part.toString('hex').repeat(MAX_FRAGMENTS)]));
      }
    });

    test('junk never throws', () => {
      fc.assert(
        fc.property(
          fc.uint8Array({ maxLength: 60 }),
          fc.array(fc.nat(60), { maxLength: 4 }),
          (junk, cuts) => {
            const fault = reader(1 << 16).feed(Buffer.from(junk), cuts);
            assert.ok(fault === null || fault === 1002 || fault === 1009);
          },
        ),
      );
    });
  });
}
