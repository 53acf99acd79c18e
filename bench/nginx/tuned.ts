import { readConfiguration } from './include.ts';
import { overlay } from './overlay.ts';
import { parse } from './parse.ts';
import type { Node } from './tree.ts';

/**
 * Reads a configuration and lays tunings over it, one after the other.
 *
 * @throws Problem('configuration') where one is not nginx's language, or changes nothing.
 */
export async function readTuned(
  path: string,
  tunings: readonly { name: string; text: string }[],
): Promise<Node[]> {
  const tree = await readConfiguration(path);
  return tunings.reduce((tuned, { name, text }) => overlay(tuned, parse(text, `the tuning ${name}`)), tree);
}
