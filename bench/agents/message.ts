import type { Msg } from '@nats-io/transport-node';
import * as v from 'valibot';

/** Reads a message; null if it is not JSON of this schema, as from another version or another program. */
export function readMessage<Schema extends v.GenericSchema>(
  schema: Schema,
  message: Pick<Msg, 'json'>,
): v.InferOutput<Schema> | null {
  try {
    const parsed = v.safeParse(schema, message.json());
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

export function encodeMessage(value: unknown): string {
  return JSON.stringify(value);
}
