/** Message for an error in the bench itself: one sentence, or the stack trace when debugging. */
export function defectOf(error: unknown, debug: boolean): string {
  if (debug && error instanceof Error) return error.stack ?? String(error);
  const what = String(error).replace(/\s+/g, ' ');
  return (
    `This is a bug in nginx-ws-bench: ${what}. Please report it (see README.md), ` +
    'and include your command line and its output with --debug.'
  );
}
