import { register } from 'node:module';
import * as fake from './bun-ffi.test.fixture.ts';

/** Loads the code that calls libc, with a libc that only records calls, on any engine and system. */

if (process.versions.bun === undefined) {
  const url = JSON.stringify(new URL('./bun-ffi.test.fixture.js', import.meta.url).href);
  const hooks = `export async function resolve(name, context, next) {
    return name === 'bun:ffi' ? { url: ${url}, shortCircuit: true } : next(name, context);
  }`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
} else {
  const bunTest = 'bun:test';
  (await import(bunTest)).mock.module('bun:ffi', () => fake);
}

export const libc = await import('./libc.ts');
export const { AddressBook, ipAddress, peerOf, portOf, unixAddress } = await import('./address.ts');
export const { LinuxKernel } = await import('./linux-kernel.ts');
export const { RingListener } = await import('./listener.ts');
export const { RingCarrier } = await import('../ring-carrier.ts');

export const { allocate, memoryAt, ptr } = fake;

/** Forgets all calls and answers, and gives functions these answers. Memory is mapped at new addresses. */
export function answer(answers: fake.Libc['answers'] = {}): void {
  fake.LIBC.calls = [];
  fake.LIBC.answers = { mmap: (_, bytes = 0) => fake.allocate(bytes), ...answers };
}

/** Answers a call with an error number. */
export function fail(error: number): () => number {
  return () => {
    fake.LIBC.errno[0] = error;
    return -1;
  };
}

/** Returns the calls so far, and forgets them. */
export function heard(): unknown[][] {
  return fake.LIBC.calls.splice(0);
}
