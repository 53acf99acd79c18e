/** What a person is told of an error that is nobody's but ours: one sentence; in full when debugging. */
export function defectOf(error: unknown, debug: boolean): string {
  if (debug && error instanceof Error) return error.stack ?? String(error);
  const what = String(error).replace(/\s+/g, ' ');
  return (
    `This is a defect of nginx-ws-bench: ${what}. Please report it (README.md says where) ` +
    'with your command line and what it prints with --debug.'
  );
}
