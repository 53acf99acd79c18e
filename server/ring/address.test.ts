import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AddressBook,
  answer,
  fail,
  heard,
  ipAddress,
  memoryAt,
  peerOf,
  portOf,
  unixAddress,
} from './libc.test.fixture.ts';

/** Returns an address as family and bytes in hexadecimal digits. */
const shown = ({ family, bytes }: { family: number; bytes: Buffer }) => [family, bytes.toString('hex')];

/** Answers that a socket or its peer has this address. */
function answerWith(hex: string) {
  const bytes = Buffer.from(hex, 'hex');
  const write = (_: number, address = 0, length = 0) => {
    memoryAt(address, 128).set(bytes);
    memoryAt(length, 4).writeUInt32LE(bytes.length);
    return 0;
  };
  answer({ getsockname: write, getpeername: write });
}

const IPV6 = `0a001f90${'00'.repeat(4)}`;

describe('an address as the kernel reads it', () => {
  it('of IPv4 has sixteen bytes', () => {
    assert.deepEqual(shown(ipAddress('192.0.2.7', 8080)), [2, `02001f90c0000207${'00'.repeat(8)}`]);
  });

  it('of IPv6 has eight groups, in any notation', () => {
    for (const [host, groups] of [
      ['::', '0000'.repeat(8)],
      ['::1', `${'0000'.repeat(7)}0001`],
      ['1::', `0001${'0000'.repeat(7)}`],
      ['2001:DB8::a:b', `20010db8${'0000'.repeat(4)}000a000b`],
      ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
      ['::ffff:192.0.2.7', `${'0000'.repeat(5)}ffffc0000207`],
    ] as const)
      assert.deepEqual(shown(ipAddress(host, 8080)), [10, `${IPV6}${groups}${'00'.repeat(4)}`], host);
  });

  it('of a Unix-domain socket ends with a zero', () => {
    assert.deepEqual(shown(unixAddress('/é')), [1, '01002fc3a900']);
  });

  it('is read as port, or as address and port', () => {
    answerWith(`02001f90c0000207${'00'.repeat(8)}`);
    assert.deepEqual([portOf(3), peerOf(4)], [8080, '192.0.2.7:8080']);
    assert.deepEqual(
      heard().map(([name, fd]) => [name, fd]),
      [
        ['getsockname', 3],
        ['getpeername', 4],
      ],
    );
    answerWith(`${IPV6}20010db8${'0000'.repeat(4)}000a000b${'00'.repeat(4)}`);
    assert.deepEqual([portOf(3), peerOf(3)], [8080, '2001:db8::a:b:8080']);
    answerWith('0200');
    assert.deepEqual([portOf(3), peerOf(3)], [0, 'undefined:undefined']);
    answerWith('02001f90');
    assert.deepEqual([portOf(3), peerOf(3)], [8080, 'undefined:undefined']);
    answer({ getsockname: fail(9), getpeername: fail(107) });
    assert.deepEqual([portOf(3), peerOf(3)], [0, 'undefined:undefined']);
  });
});

describe('an address book', () => {
  it('keeps each address at one place, and fills a page before the next', () => {
    answer();
    const book = new AddressBook();
    const entries = Array.from({ length: 256 }, (_, port) => book.find('192.0.2.7', port));
    assert.deepEqual(heard(), [['mmap', 0, 4096, 3, 0x22, -1, 0]]);
    const start = entries[0]?.address ?? 0;
    for (const [port, entry] of entries.entries()) {
      assert.deepEqual(entry, { address: start + 16 * port, bytes: 16, family: 2 });
      assert.deepEqual(memoryAt(entry.address, 16), ipAddress('192.0.2.7', port).bytes);
      assert.equal(book.find('192.0.2.7', port), entry);
    }
    const next = book.find('::1', 0);
    assert.deepEqual([next.bytes, next.family, heard().length], [28, 10, 1]);
    assert.deepEqual(memoryAt(next.address, 28), ipAddress('::1', 0).bytes);
    assert.equal(book.find('192.0.2.8', 0).address, next.address + 28);
  });
});
