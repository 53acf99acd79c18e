import { type Directive, directives, type Node, rewrite, texts } from './tree.ts';

/**
 * All values that a variable can have, where `map`, `split_clients` and `set` alone give it one, and each is
 * written out; null where that cannot be told.
 *
 * @param block Of `http` or `stream`.
 */
export function valuesOf(block: readonly Node[], name: string): string[] | null {
  const values: (string | null)[] = [];
  const variable = `$${name}`;
  rewrite(block, (node) => {
    values.push(...valuesIn(node, variable));
    if (texts(node).some((text) => text.includes(`<${name}>`))) values.push(null); // a named capture
    return [node];
  });
  const known = values.filter((value) => value !== null && !value.includes('$'));
  return known.length > 0 && known.length === values.length ? known.map(String) : null;
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
