import assert from 'node:assert/strict';

/** Replaces bun:ffi. Simulates memory with addresses, and a libc that only records calls and answers as told. */

export interface Libc {
  /** Each call: the function's name and its arguments. */
  calls: unknown[][];
  /** What functions return, by name; 0 if they are not listed. */
  answers: Record<string, (...args: number[]) => number>;
  errno: Int32Array;
}

export const LIBC: Libc = { calls: [], answers: {}, errno: new Int32Array(1) };

const regions: { address: number; buffer: ArrayBufferLike }[] = [];
let free = 0x7f12_ffff_f000;

function addressOf(buffer: ArrayBufferLike): number {
  const known = regions.find((each) => each.buffer === buffer);
  if (known !== undefined) return known.address;
  const region = { address: free, buffer };
  regions.push(region);
  free += Math.ceil((buffer.byteLength + 1) / 4096) * 4096;
  return region.address;
}

/** Allocates memory, and returns its address. */
export function allocate(bytes: number): number {
  return addressOf(new ArrayBuffer(bytes));
}

/** The memory at an address, which is shared rather than copied. */
export function memoryAt(address: number, bytes: number): Buffer {
  const found = regions.find(
    (each) => address >= each.address && address + bytes <= each.address + each.buffer.byteLength,
  );
  assert.ok(found, 'memory that is not allocated');
  return Buffer.from(found.buffer as ArrayBuffer, address - found.address, bytes);
}

export function ptr(view: NodeJS.ArrayBufferView): number {
  return addressOf(view.buffer) + view.byteOffset;
}

export function toArrayBuffer(address: number, offset: number, bytes: number): ArrayBufferLike {
  const memory = memoryAt(address + offset, bytes);
  assert.deepEqual([memory.byteOffset, memory.buffer.byteLength], [0, bytes]);
  return memory.buffer;
}

export function dlopen(path: string, symbols: object) {
  assert.equal(path, 'libc.so.6');
  const fakes = Object.keys(symbols).map((name) => [
    name,
    (...args: number[]): number => {
      if (name === '__errno_location') return ptr(LIBC.errno);
      LIBC.calls.push([name, ...args]);
      return LIBC.answers[name]?.(...args) ?? 0;
    },
  ]);
  return { symbols: Object.fromEntries(fakes) };
}
