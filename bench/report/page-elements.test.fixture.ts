import type { TestContext } from 'node:test';

/** The part of a browser's elements that the report's page uses. */
export class FakeElement {
  readonly tag: string;
  readonly listeners: { type: string; handler: (event: object) => void; options: unknown }[] = [];
  /** Calls of methods without an effect on the document. */
  readonly calls: unknown[][] = [];
  readonly style: Record<string, string> = {};
  readonly dataset: Record<string, string> = {};
  readonly classList = { add: (name: string) => void this.calls.push(['classList.add', name]) };
  children: FakeElement[] = [];
  parentElement: FakeElement | null = null;
  id = '';
  name = '';
  className = '';
  text = '';
  value = '';
  hash = '';
  href = '';
  scope = '';
  role: string | null = null;
  ariaLabel: string | null = null;
  ariaPressed: string | null = null;
  tabIndex = -1;
  disabled = false;
  hidden = false;
  visible = true;

  constructor(tag: string, set: object = {}, ...children: FakeElement[]) {
    this.tag = tag;
    Object.assign(this, set);
    this.append(...children);
  }

  set textContent(text: string) {
    this.text = text;
    this.children = [];
  }

  get textContent(): string {
    return this.text + this.children.map(({ textContent }) => textContent).join('');
  }

  get valueAsNumber(): number {
    return this.value === '' ? Number.NaN : Number(this.value);
  }

  /** This element, then all within it, in the order of the document. */
  get all(): FakeElement[] {
    return [this, ...this.children.flatMap(({ all }) => all)];
  }

  matches(selector: string): boolean {
    const [tag = ''] = /^\w*/.exec(selector) ?? [];
    if (tag !== '' && tag !== this.tag) return false;
    return [
      ...selector.slice(tag.length).matchAll(/\.(\w+)|#(\w+)|\[([\w-]+)(?:(\^?=)"?([^\]"]*)"?)?\]/g),
    ].every(([, className, id, key = '', sign, value]) => {
      if (className !== undefined) return this.className.split(' ').includes(className);
      if (id !== undefined) return this.id === id;
      const own = key === 'href' ? this.href : this.dataset[key.replace('data-', '')];
      return sign === '^=' ? own?.startsWith(value ?? '') : own !== undefined && own === (value ?? own);
    });
  }

  closest(selector: string): FakeElement | null {
    return this.matches(selector) ? this : (this.parentElement?.closest(selector) ?? null);
  }

  querySelectorAll(selector: string): FakeElement[] {
    const own = selector.replace(':scope > ', '');
    const among = own === selector ? this.all.slice(1) : this.children;
    return among.filter((each) => each.matches(own));
  }

  querySelector(selector: string): FakeElement | null {
    return this.querySelectorAll(selector)[0] ?? null;
  }

  contains(other: FakeElement): boolean {
    return this.all.includes(other);
  }

  append(...elements: FakeElement[]): void {
    for (const element of elements) {
      element.remove();
      element.parentElement = this;
      this.children.push(element);
    }
  }

  after(element: FakeElement): void {
    this.parentElement?.append(element);
  }

  remove(): void {
    const siblings = this.parentElement?.children ?? [];
    if (siblings.includes(this)) siblings.splice(siblings.indexOf(this), 1);
    this.parentElement = null;
  }

  checkVisibility(): boolean {
    return this.visible;
  }

  click(): void {
    this.calls.push(['click']);
  }

  setPointerCapture(id: number): void {
    this.calls.push(['setPointerCapture', id]);
  }

  scrollIntoView(): void {
    this.calls.push(['scrollIntoView']);
  }

  addEventListener(type: string, handler: (event: object) => void, options?: unknown): void {
    this.listeners.push({ type, handler, options });
  }

  /** Calls the listeners of an event. */
  fire(type: string, event: object = {}): void {
    for (const listener of this.listeners) if (listener.type === type) listener.handler(event);
  }
}

export class FakeDetails extends FakeElement {
  open = false;
}

/** A canvas that records what is drawn on it; its context is missing where the browser has none. */
export class FakeCanvas extends FakeElement {
  width = 0;
  height = 0;
  clientWidth = 0;
  clientHeight = 0;
  context: object | null = null;
  /** The picture that it is converted to. */
  picture: Blob | null = new Blob(['picture']);
  readonly drawn: unknown[][] = [];

  getContext(kind: string): object | null {
    return kind === '2d' ? this.context : null;
  }

  toBlob(take: (picture: Blob | null) => void, type: string): void {
    this.drawn.push(['toBlob', type]);
    take(this.picture);
  }
}

/** A drawing context that records every call and every property that is set; a letter is 6 pixels wide. */
export function makePen(drawn: unknown[][]): object {
  return new Proxy(
    {},
    {
      get: (_, name) =>
        name === 'measureText'
          ? (text: string) => ({ width: text.length * 6 })
          : (...args: unknown[]) => {
              drawn.push([String(name), ...args]);
              return name === 'createPattern' ? { pattern: args } : undefined;
            },
      set(_, name, value) {
        drawn.push([`${String(name)} =`, value]);
        return true;
      },
    },
  );
}

/** Replaces global values until the end of a test. */
export function replaceGlobals(t: TestContext, fakes: Record<string, unknown>): void {
  for (const [name, fake] of Object.entries(fakes)) {
    const own = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value: fake, configurable: true, writable: true });
    t.after(() => {
      if (own === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, own);
    });
  }
}

/** Simulates a browser's document with these elements. A style sheet's colour `--a` is `a-colour`. */
export function makeDocument(t: TestContext, ...elements: FakeElement[]) {
  const body = new FakeElement('body', {}, ...elements);
  const documentElement = new FakeElement('html', {}, body);
  const made: FakeElement[] = [];
  /** What newly made canvases have. */
  const canvases = { hasContext: true, picture: new Blob(['picture']) as Blob | null };
  const listener = new FakeElement('document');
  const document = {
    ...{ body, documentElement },
    getElementById: (id: string) => documentElement.all.find((each) => id !== '' && each.id === id) ?? null,
    querySelector: (selector: string) => documentElement.querySelector(selector),
    querySelectorAll: (selector: string) => documentElement.querySelectorAll(selector),
    addEventListener: listener.addEventListener.bind(listener),
    createElement(name: string) {
      const element = name === 'canvas' ? new FakeCanvas(name) : new FakeElement(name);
      if (element instanceof FakeCanvas) {
        element.context = canvases.hasContext ? makePen(element.drawn) : null;
        element.picture = canvases.picture;
      }
      made.push(element);
      return element;
    },
  };
  replaceGlobals(t, {
    document,
    ...{ Element: FakeElement, HTMLCanvasElement: FakeCanvas, HTMLDetailsElement: FakeDetails },
    getComputedStyle: (element: FakeElement) => ({
      fontFamily: element === body ? 'Sans' : 'Serif',
      getPropertyValue: (name: string) =>
        element === documentElement && name !== '--none' ? ` ${name.replace('--', '')}-colour ` : '',
    }),
  });
  return { body, documentElement, canvases, made, listener };
}
