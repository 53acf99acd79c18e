/** A promise and the function that resolves it. Only the first call has an effect. */
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
