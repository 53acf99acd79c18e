import { getSystemErrorMap } from 'node:util';

/**
 * Descriptions of operating system errors, worded to complete a sentence: "… cannot be read: the disk is
 * full".
 */
const PHRASES: Readonly<Record<string, string>> = {
  EACCES: 'this user does not have permission',
  EADDRINUSE: 'another program uses this address and port',
  EADDRNOTAVAIL: 'this machine does not have that address',
  EAI_AGAIN: 'the name server does not answer',
  EBUSY: 'it is in use',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the other side closed the connection',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'something with that name already exists',
  EFBIG: 'the file would exceed the size limit',
  EIO: 'the disk reports an input/output error',
  EISDIR: 'it is a folder',
  ELOOP: 'a symbolic link is in the way',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ENFILE: 'too many files are open on this machine',
  ENOENT: 'there is no such file or folder',
  ENOMEM: 'there is not enough memory',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is a file, not a folder',
  ENOTEMPTY: 'the folder is not empty',
  ENOTFOUND: 'there is no such host',
  ENXIO: 'it is not a regular file',
  EPERM: 'the system does not permit it',
  EPIPE: 'the other side closed the connection',
  EROFS: 'the file system is read-only',
  ETIMEDOUT: 'there was no answer in time',
  ETXTBSY: 'the program is running',
};

/** Returns the name of an operating system error, such as `ENOENT`; null for any other error. */
export function systemCode(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' && /^E[A-Z0-9_]+$/.test(code) && !code.startsWith('ERR_') ? code : null;
}

/**
 * Describes why something failed, as a phrase that can complete a sentence, without a full stop. The phrase is
 * never empty, and never just an error code.
 */
export function reasonOf(error: unknown): string {
  const code = systemCode(error);
  if (code !== null) {
    const phrase = PHRASES[code];
    if (phrase !== undefined) return phrase;
    const known = [...getSystemErrorMap().values()].find(([name]) => name === code);
    return `the system reports "${known?.[1] ?? code}"`;
  }
  // If connecting fails for every address of a host name, the AggregateError itself has no message.
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  const text = error instanceof Error ? error.message : String(error);
  const line = text.replace(/\s+/g, ' ').trim().replace(/\.$/, '');
  return line === '' ? 'the system gives no reason' : line;
}
