import { readConfiguration } from './include.ts';
import { overlay } from './overlay.ts';
import { parse } from './parse.ts';
import type { Node } from './tree.ts';

/**
 * Reads a configuration and applies tunings to it, one after the other.
 *
 * @throws Problem('configuration') if a file or tuning has a syntax error, or a tuning has no effect.
 */
export async function readTuned(
  path: string,
  tunings: readonly { name: string; text: string }[],
): Promise<Node[]> {
  const tree = await readConfiguration(path);
  return tunings.reduce((tuned, { name, text }) => overlay(tuned, parse(text, `the tuning ${name}`)), tree);
}
