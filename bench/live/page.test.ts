import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';

/** An element, or a document that is embedded in one, as far as the page uses them. */
class FakeElement {
  readonly handlers = new Map<string, () => void>();
  readonly children: FakeElement[] = [];
  parent: FakeElement | null = null;
  textContent = '';
  innerHTML = '';
  className = '';
  title = '';
  src = '';
  contentDocument: object | null = null;
  contentWindow: object | null = null;

  get firstElementChild(): FakeElement | null {
    return this.children[0] ?? null;
  }

  querySelector(selector: string): FakeElement | null {
    return this.children.find(({ className }) => selector === `.${className}`) ?? null;
  }

  append(child: FakeElement): void {
    child.parent = this;
    this.children.push(child);
  }

  remove(): void {
    const siblings = this.parent?.children ?? [];
    siblings.splice(siblings.indexOf(this), 1);
  }

  replaceChildren(): void {
    this.innerHTML = '';
  }

  addEventListener(type: string, handler: () => void): void {
    this.handlers.set(type, handler);
  }
}

class Frame extends FakeElement {}

let runs = 0;

/** Runs the page's script. Without a query of its own, its module would only be evaluated once. */
async function run(): Promise<void> {
  runs++;
  await import(new URL(`./page/main.js?${runs}`, import.meta.url).href);
}

/** Starts the page's script with simulated elements and events. */
async function start(t: TestContext) {
  const elements = new Map(['link', 'state', 'report'].map((id) => [id, new FakeElement()]));
  const at = (id: string) => elements.get(id) ?? assert.fail(id);
  const handlers = new Map<string, (event: { data: string }) => void>();
  const opened: string[] = [];
  let isClosed = false;
  class Source {
    constructor(path: string) {
      opened.push(path);
    }
    addEventListener(type: string, handler: (event: { data: string }) => void): void {
      handlers.set(type, handler);
    }
    close(): void {
      isClosed = true;
    }
  }
  const document = {
    getElementById: (id: string) => elements.get(id) ?? null,
    createElement(name: string) {
      assert.equal(name, 'iframe');
      return new Frame();
    },
  };
  for (const [name, value] of Object.entries({ document, EventSource: Source, HTMLIFrameElement: Frame })) {
    Object.defineProperty(globalThis, name, { value, configurable: true });
    t.after(() => Reflect.deleteProperty(globalThis, name));
  }
  await run();
  assert.deepEqual(opened, ['events']);
  const send = (type: string, data = '') => handlers.get(type)?.({ data });
  const frames = () => at('report').children.map(({ src, className }) => [src, className]);
  return { at, elements, send, frames, isClosed: () => isClosed };
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('the page shows the state, and whether the server responds', async (t) => {
  const { at, send } = await start(t);
  send('open');
  assert.equal(at('link').textContent, 'running');
  send('state', JSON.stringify('<p>state</p>'));
  assert.equal(at('state').innerHTML, '<p>state</p>');
  send('error');
  assert.equal(at('link').textContent, 'not responding: this is the last state received');
});

test('a report replaces the one before when it has loaded, with its open sections and position', async (t) => {
  const { at, send, frames } = await start(t);
  at('report').append(new FakeElement());
  send('report', '1');
  assert.deepEqual(frames().slice(1), [['report?1', 'coming']]);
  // A report that comes before the last one has loaded takes its place.
  send('report', '2');
  assert.deepEqual(frames().slice(1), [['report?2', 'coming']]);
  const [, first = assert.fail()] = at('report').children;
  first.handlers.get('load')?.();
  assert.deepEqual(frames(), [['report?2', '']]);
  assert.equal(first.title, 'Report');
  const asked: unknown[] = [];
  first.contentDocument = {
    querySelectorAll(selector: string) {
      asked.push(selector);
      return [{ id: 'a' }, { id: 'gone' }];
    },
  };
  first.contentWindow = { scrollY: 70 };
  send('report', '3');
  const [, second = assert.fail()] = at('report').children;
  second.contentDocument = {
    querySelector: (selector: string) =>
      selector === '#a > details'
        ? { toggleAttribute: (...args: unknown[]) => asked.push([selector, ...args]) }
        : null,
  };
  second.contentWindow = { scrollTo: (...place: number[]) => asked.push(place) };
  second.handlers.get('load')?.();
  assert.deepEqual(frames(), [['report?3', '']]);
  assert.deepEqual(asked, ['section:has(> details[open])', ['#a > details', 'open', true], [0, 70]]);
});

test('at the end, the page disconnects once it has loaded the last report', async (t) => {
  const { at, send, isClosed } = await start(t);
  at('state').innerHTML = 'state';
  send('report', '1');
  send('end');
  await settle();
  assert.deepEqual([isClosed(), at('state').innerHTML], [false, 'state']);
  at('report').children[0]?.handlers.get('load')?.();
  await settle();
  assert.deepEqual([isClosed(), at('state').innerHTML], [true, '']);
  assert.equal(at('link').textContent, 'finished: this is the complete report');
});

test('an element that is missing is an error', async (t) => {
  const { elements } = await start(t);
  elements.delete('state');
  await assert.rejects(run(), Error);
});
