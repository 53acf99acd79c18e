const UNIT_SECONDS: Record<string, number> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  M: 2_592_000,
  y: 31_536_000,
};

/** Seconds of a time in Nginx's language, such as `1h 30m` or `60` (ngx_parse_time); null where it is none. */
export function secondsIn(text: string): number | null {
  if (!/^(?:\d+(?:ms|[smhdwMy])\s*)*\d+(?:ms|[smhdwMy])?$/.test(text)) return null;
  const parts = [...text.matchAll(/(\d+)(ms|[smhdwMy])?/g)];
  return parts.reduce((sum, [, count, unit = 's']) => sum + Number(count) * (UNIT_SECONDS[unit] ?? 1), 0);
}
