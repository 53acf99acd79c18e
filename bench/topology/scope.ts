/** A clean-up that failed. */
export interface CleanUpFailure {
  name: string;
  error: unknown;
}

/** Clean-up functions, which run in reverse order of registration. */
export interface Scope {
  /**
   * Registers a clean-up function. After close() has begun, `undo` runs immediately, so that nothing created
   * during shutdown remains.
   */
  add(name: string, undo: () => void | Promise<void>): void;
  /**
   * Runs the clean-up functions sequentially, last in, first out, and continues after a failure. Never
   * rejects; may be called again.
   *
   * @returns the failures so far
   */
  close(): Promise<readonly CleanUpFailure[]>;
}

export function createScope(): Scope {
  const stack: { name: string; undo: () => void | Promise<void> }[] = [];
  const failures: CleanUpFailure[] = [];
  let closed = false;
  let draining: Promise<void> | null = null;

  async function drain(): Promise<void> {
    for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
      try {
        await entry.undo();
      } catch (error) {
        failures.push({ name: entry.name, error });
      }
    }
    draining = null;
  }

  async function close(): Promise<readonly CleanUpFailure[]> {
    closed = true;
    draining ??= drain();
    await draining;
    return failures;
  }

  function add(name: string, undo: () => void | Promise<void>): void {
    stack.push({ name, undo });
    if (closed) void close();
  }

  return { add, close };
}
