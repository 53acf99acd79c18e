import { constants } from 'node:os';

/** Error numbers of Linux that the ring handles. */
export const ERRNO = { EINTR: 4, EAGAIN: 11, ETIME: 62, ENOBUFS: 105, ECANCELED: 125 } as const;

const CODES = new Map(Object.entries(constants.errno).map(([code, error]) => [error as number, code]));

/** Returns the name of an error number, such as `ECONNRESET`. */
export function errorCode(error: number): string {
  return CODES.get(error) ?? `E${error}`;
}

/** A failed system call. `code` is a name such as `EPERM`. */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  readonly code: string;

  constructor(call: string, error: number) {
    const code = errorCode(error);
    super(`${call}: ${code}`);
    this.code = code;
  }
}
