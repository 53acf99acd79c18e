/** Keys whose strings are restricted by a result's schema, so that they cannot be replaced. */
const RESTRICTED = new Set([
  'schemaVersion',
  'id',
  'step',
  'steps',
  'pacing',
  'engine',
  'carrier',
  'scenario',
  'kind',
  'arrivals',
  'type',
  'client',
  'server',
  'phase',
  'state',
  'component',
  'role',
  'unit',
  'verdict',
  'level',
  'over',
  'code',
  'histograms',
  'latency',
  'tool',
]);

/** Replaces every string, and every key of `cache`, that may be any text. */
export function withEveryString<T>(value: T, text: string): T {
  return replaced(value, text, '') as T;
}

function replaced(value: unknown, text: string, key: string): unknown {
  if (RESTRICTED.has(key)) return key === 'tool' ? { ...(value as object), version: text } : value;
  if (typeof value === 'string') return text;
  if (Array.isArray(value)) return value.map((item) => replaced(item, text, ''));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [key === 'cache' ? text : name, replaced(item, text, name)]),
  );
}
