import { randomBytes } from 'node:crypto';
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { Problem } from '../model/failure.ts';

/** Type of the ELF program header (elf(5)) that locates the path of the program's loader. */
const PT_INTERP = 3;
/** Offsets in the file header and in a program header of 64-bit ELF files. */
const HEADER = { tableOffset: 32, entryBytes: 54, entries: 56, end: 64 };
const ENTRY = { offset: 8, fileBytes: 32, memoryBytes: 40 };

/**
 * The loader that the kernel uses to start a program (`/lib64/ld-linux-x86-64.so.2`).
 *
 * @throws Problem('environment') if the file is not a 64-bit little-endian ELF file with a loader
 */
export async function readInterpreter(path: string): Promise<string> {
  const { at, bytes } = await locate(path);
  const start = Number(bytes.readBigUInt64LE(at + ENTRY.offset));
  const length = Number(bytes.readBigUInt64LE(at + ENTRY.fileBytes));
  return bytes.toString('utf8', start, start + length - 1);
}

/**
 * Makes the kernel start a program with another loader. The loader's path may have any length: it is appended
 * to the file, and the program header is changed to point to it. Only the kernel reads this path, at its file
 * offset (load_elf_binary() in fs/binfmt_elf.c). In memory, the loader still finds the old path and takes
 * that path as its own name.
 *
 * @throws Problem('environment') like `readInterpreter`
 */
export async function setInterpreter(path: string, loader: string): Promise<void> {
  const { at, bytes } = await locate(path);
  const name = Buffer.from(`${loader}\0`);
  bytes.writeBigUInt64LE(BigInt(bytes.length), at + ENTRY.offset);
  bytes.writeBigUInt64LE(BigInt(name.length), at + ENTRY.fileBytes);
  bytes.writeBigUInt64LE(BigInt(name.length), at + ENTRY.memoryBytes);
  // A running program's file cannot be written to, but it can be replaced.
  const fresh = `${path}.${randomBytes(8).toString('hex')}`;
  await writeFile(fresh, Buffer.concat([bytes, name]), { flag: 'wx' });
  await chmod(fresh, 0o755);
  await rename(fresh, path);
}

/** Finds the program header that names the loader. */
async function locate(path: string): Promise<{ at: number; bytes: Buffer }> {
  const bytes = await readFile(path);
  const isElf = bytes.length >= HEADER.end && bytes.toString('latin1', 0, 6) === '\x7fELF\x02\x01';
  const entries = isElf ? bytes.readUInt16LE(HEADER.entries) : 0;
  for (let entry = 0; entry < entries; entry++) {
    const at =
      Number(bytes.readBigUInt64LE(HEADER.tableOffset)) + entry * bytes.readUInt16LE(HEADER.entryBytes);
    if (bytes.readUInt32LE(at) === PT_INTERP) return { at, bytes };
  }
  throw new Problem('environment', `${path} is not a 64-bit program with a loader.`);
}
