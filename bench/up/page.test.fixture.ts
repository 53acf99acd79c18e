import type { TestContext } from 'node:test';

/** The part of a browser's elements that the page uses. */
export class FakeElement {
  readonly name: string;
  readonly handlers = new Map<string, (event: object) => void>();
  children: FakeElement[] = [];
  parent: FakeElement | null = null;
  /** Calls of methods without an effect on the document. */
  readonly calls: unknown[][] = [];
  attributes: Record<string, string> = {};
  text = '';
  value = '';
  scope = '';
  disabled = false;
  clientWidth = 480;

  constructor(name = '') {
    this.name = name;
  }

  set textContent(text: string) {
    this.text = text;
    this.children = [];
  }

  /** The text of this element and its children. */
  get textContent(): string {
    return this.text + this.children.map(({ textContent }) => textContent).join('');
  }

  get valueAsNumber(): number {
    return Number(this.value);
  }

  get childElementCount(): number {
    return this.children.length;
  }

  get firstElementChild(): FakeElement | null {
    return this.children[0] ?? null;
  }

  append(...elements: FakeElement[]): void {
    for (const element of elements) {
      element.parent = this;
      this.children.push(element);
    }
  }

  replaceChildren(...elements: FakeElement[]): void {
    this.textContent = '';
    this.append(...elements);
  }

  remove(): void {
    const siblings = this.parent?.children ?? [];
    siblings.splice(siblings.indexOf(this), 1);
  }

  insertCell(): FakeElement {
    const cell = new FakeElement('td');
    this.append(cell);
    return cell;
  }

  setAttribute(key: string, value: string): void {
    this.attributes[key] = value;
  }

  addEventListener(type: string, handler: (event: object) => void): void {
    this.handlers.set(type, handler);
  }

  scrollIntoView(options: object): void {
    this.calls.push(['scrollIntoView', options]);
  }

  select(): void {
    this.calls.push(['select']);
  }

  /** Calls the handler of an event, and returns whether it has prevented the browser's own reaction. */
  fire(type: string, event: object = {}): boolean {
    let isPrevented = false;
    const preventDefault = () => {
      isPrevented = true;
    };
    this.handlers.get(type)?.({ ...event, preventDefault });
    return isPrevented;
  }
}

export class Field extends FakeElement {}
export class Button extends FakeElement {}
class Form extends FakeElement {}
class List extends FakeElement {}
class Svg extends FakeElement {}

/** A WebSocket that records what is sent. */
export class FakeSocket extends FakeElement {
  static readonly OPEN = 1;
  static opened: FakeSocket[] = [];
  readonly url: string;
  readonly sent: string[] = [];
  readonly closed: unknown[] = [];
  readyState = 0;

  constructor(url: string) {
    super('WebSocket');
    this.url = url;
    FakeSocket.opened.push(this);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(code: number): void {
    this.closed.push(code);
  }

  /** Changes the state, and reports it. */
  become(type: 'open' | 'close', event: object = {}): void {
    this.readyState = type === 'open' ? FakeSocket.OPEN : 3;
    this.fire(type, event);
  }
}

/** A port whose messages arrive when the test delivers them. */
interface FakePort {
  onmessage: () => void;
  postMessage(data: unknown): void;
}

/**
 * Simulates the parts of a browser that the page uses: the elements with ids, WebSockets, and a clock whose timers call
 * back when the test says so.
 */
export function makePage(t: TestContext) {
  const kinds = { state: FakeElement, 'load-state': FakeElement, figures: FakeElement, conversation: List };
  const fields = { message: Field, connections: Field, rate: Field, send: Button, connection: Button };
  const others = { toggle: Button, say: Form, load: Form, chart: Svg };
  const elements = new Map(
    Object.entries({ ...kinds, ...fields, ...others }).map(([id, Kind]) => [id, new Kind(id)]),
  );
  const at = (id: string) => elements.get(id) ?? new FakeElement('none');
  const clock = { nowMs: 1000 };
  const timers: { ms: number; run: () => void }[] = [];
  const posts: (() => void)[] = [];
  let interval: { ms: number; run: () => void } | null = null;
  FakeSocket.opened = [];
  class Channel {
    readonly port1: FakePort = { onmessage: () => {}, postMessage: () => {} };
    readonly port2: FakePort = {
      onmessage: () => {},
      postMessage: () => void posts.push(() => this.port1.onmessage()),
    };
  }
  const fakes: Record<string, unknown> = {
    document: {
      getElementById: (id: string) => elements.get(id) ?? null,
      createElement: (name: string) => new FakeElement(name),
      createElementNS: (_: string, name: string) => new FakeElement(name),
    },
    ...{ HTMLElement: FakeElement, HTMLInputElement: Field, HTMLButtonElement: Button },
    ...{ HTMLFormElement: Form, HTMLOListElement: List, SVGSVGElement: Svg },
    ...{ WebSocket: FakeSocket, MessageChannel: Channel },
    setTimeout: (run: () => void, ms: number) => void timers.push({ run, ms }),
    setInterval(run: () => void, ms: number) {
      interval = { run, ms };
      return interval;
    },
    clearInterval(cleared: unknown) {
      if (cleared === interval) interval = null;
    },
    performance: { now: () => clock.nowMs },
  };
  for (const [name, fake] of Object.entries(fakes)) {
    const own = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value: fake, configurable: true, writable: true });
    t.after(() => {
      if (own === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, own);
    });
  }
  return {
    ...{ at, elements, clock, timers, posts },
    sockets: FakeSocket.opened,
    /** The timer that is called at intervals, if any. */
    interval: () => interval,
  };
}
