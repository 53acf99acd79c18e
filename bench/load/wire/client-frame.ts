import { FIN, headerBytes, KEY_BYTES, writeHeader } from '../../../server/wire/frame-header.ts';

/** Returns the header length of a client frame, including the masking key: 6, 8 or 14 bytes. */
export function clientHeaderBytes(payloadBytes: number): number {
  return headerBytes(payloadBytes) + KEY_BYTES;
}

/** Writes the header of a masked, final frame at offset `at`, and returns the offset of the payload. */
export function writeClientHeader(
  target: Buffer,
  at: number,
  opcode: number,
  payloadBytes: number,
  mask: Uint8Array,
): number {
  let end = writeHeader(target, at, FIN | opcode, payloadBytes, true);
  for (let i = 0; i < KEY_BYTES; i++) target[end++] = mask[i] as number;
  return end;
}
