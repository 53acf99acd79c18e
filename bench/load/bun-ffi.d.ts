/** The part of bun:ffi that the clock uses (https://bun.com/docs/runtime/ffi). */
declare module 'bun:ffi' {
  interface Library {
    symbols: { clock_gettime(clock: number, time: number): number };
  }
  export function dlopen(
    path: string,
    symbols: { clock_gettime: { args: ['i32', 'ptr']; returns: 'i32' } },
  ): Library;
  /** Returns the memory address of an array. */
  export function ptr(view: BigInt64Array): number;
}
