/** The part of bun:ffi that the clock and the ring use (https://bun.com/docs/runtime/ffi). */
declare module 'bun:ffi' {
  type FfiType = 'i32' | 'u32' | 'ptr';
  interface Signature {
    args: readonly FfiType[];
    returns: FfiType;
  }
  /** A null pointer is returned as null. The type omits null, because no caller expects it. */
  export function dlopen<const Signatures extends Record<string, Signature>>(
    path: string,
    symbols: Signatures,
  ): { symbols: { [Name in keyof Signatures]: (...args: number[]) => number } };
  /** Returns the memory address of an array. */
  export function ptr(view: NodeJS.ArrayBufferView): number;
  /** Returns a view of memory, without copying it. The memory is never freed. */
  export function toArrayBuffer(address: number, offset: number, bytes: number): ArrayBuffer;
}
