/** Something to wait for that is opened elsewhere, once; opening it again changes nothing. */
export interface Gate<T = void> {
  opened: Promise<T>;
  open(value: T): void;
}

export function makeGate<T = void>(): Gate<T> {
  let open = (_value: T) => {};
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
