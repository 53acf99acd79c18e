/** A clean-up that did not do its work. */
export interface CleanUpFailure {
  name: string;
  error: unknown;
}

/** Everything that must be undone, in the reverse order of its making. */
export interface Scope {
  /** After close() has begun it is undone at once: nothing made during a stop is left over. */
  add(name: string, undo: () => void | Promise<void>): void;
  /**
   * Undoes all, last in, first out, each after the one before has ended; goes on after a failure.
   * Never rejects; may be called again. @returns the failures up to now
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
