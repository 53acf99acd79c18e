import type { Msg } from '@nats-io/transport-node';
import * as v from 'valibot';

/**
 * Reads a message. Returns null if the message is not JSON that matches the schema, for example because
 * another version or another program sent it.
 */
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
