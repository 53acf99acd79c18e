import { type Directive, directives, type Node, rewrite, texts } from './tree.ts';

/**
 * All values that a variable can have, where `map`, `split_clients` and `set` alone give it one, and each is
 * written out or another such variable; null where that cannot be told.
 *
 * @param block Of `http` or `stream`.
 * @param above Variables whose values are being told: one that leads back to itself has none.
 */
export function valuesOf(
  block: readonly Node[],
  name: string,
  above: readonly string[] = [],
): string[] | null {
  if (above.includes(name)) return null;
  const values: (string | null)[] = [];
  const variable = `$${name}`;
  rewrite(block, (node) => {
    values.push(...valuesIn(node, variable));
    if (texts(node).some((text) => text.includes(`<${name}>`))) values.push(null); // a named capture
    return [node];
  });
  const known = values.map((value) => {
    const [, other] = /^\$\{?(\w+)\}?$/.exec(value ?? '') ?? [];
    if (other !== undefined) return valuesOf(block, other, [...above, name]);
    return value === null || value.includes('$') ? null : [value];
  });
  const told = known.filter((each) => each !== null);
  return told.length > 0 && told.length === known.length ? told.flat() : null;
}

function valuesIn(node: Directive, variable: string): (string | null)[] {
  const [first, second] = texts(node);
  if (node.name === 'set' && first === variable) return [second ?? null];
  if (node.name === 'auth_request_set' || node.name === 'geo')
    return texts(node).includes(variable) ? [null] : [];
  if ((node.name !== 'map' && node.name !== 'split_clients') || second !== variable) return [];
  const entries = directives(node.block).filter(({ name }) => name !== 'hostnames' && name !== 'volatile');
  const others = node.name === 'map' ? 'default' : '*';
  const isWhole = entries.some(({ name }) => name === others);
  return [...(isWhole ? [] : [null]), ...entries.map(({ args }) => args[0]?.text ?? null)];
}
