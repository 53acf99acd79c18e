import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeElement, makeDocument, replaceGlobals } from './page-elements.test.fixture.ts';

class Select extends FakeElement {
  options: { value: string; text: string }[] = [];

  get selectedOptions() {
    return this.options.filter(({ value }) => value === this.value);
  }
}

let runs = 0;

/** Runs the index's script with two filters, and results and reasons that have these tokens. */
async function start(t: TestContext, hash = '', ...without: string[]) {
  const item = (has: string) => new FakeElement('p', { dataset: { has } });
  const none = () => new FakeElement('p', { className: 'none', hidden: true });
  const results = [item('a1 b1'), item('a1 b2'), item('a2 b1'), item('')];
  const others = [item('a1'), item('a2')];
  const empty = [none(), none(), none()] as const;
  const select = (name: string, ...texts: string[]) => {
    const options = ['Any', ...texts].map((text, at) => ({ value: at === 0 ? '' : `${name}${at}`, text }));
    return Object.assign(new Select('select', { value: 'stale' }), { name, options });
  };
  const [first, second] = [select('a', 'A & one', 'two', 'two'), select('b', 'two', 'three')];
  const form = new FakeElement('form', { id: 'filters', hidden: true }, first, second);
  const matches = new FakeElement('p', { id: 'matches' });
  const parts = [
    ...[form, matches, new FakeElement('div', { id: 'results' }, ...results, empty[0])],
    ...[new FakeElement('div', {}, ...others, empty[1]), new FakeElement('div', {}, empty[2])],
  ];
  makeDocument(t, ...parts.filter((part) => !without.some((selector) => part.matches(selector))));
  const stored: unknown[][] = [];
  const history = { replaceState: (...args: unknown[]) => void stored.push(args) };
  replaceGlobals(t, { history, location: { hash, pathname: '/site/' } });
  runs++;
  await import(new URL(`./page/site.js?${runs}`, import.meta.url).href);
  const shown = () => ({
    values: [first.value, second.value],
    hidden: [results, others, empty].map((list) => list.map((each) => Number(each.hidden)).join('')),
    status: matches.textContent,
    stored: stored.splice(0),
  });
  return { form, first, second, shown };
}

test('at first all is shown, and the form, which needs this script', async (t) => {
  const { form, shown } = await start(t);
  assert.deepEqual(shown(), {
    values: ['', ''],
    hidden: ['0000', '00', '111'],
    status: '4 of 4 results',
    stored: [],
  });
  assert.equal(form.hidden, false);
});

test('only what has all selected values is shown, and the selection is stored by its texts', async (t) => {
  const { form, first, second, shown } = await start(t);
  shown();
  first.value = 'a1';
  form.fire('change');
  assert.deepEqual(shown(), {
    values: ['a1', ''],
    hidden: ['0011', '01', '111'],
    status: '2 of 4 results',
    stored: [[null, '', '#a=A+%26+one']],
  });
  second.value = 'b2';
  form.fire('change');
  assert.deepEqual(shown(), {
    values: ['a1', 'b2'],
    hidden: ['1011', '11', '101'],
    status: '1 of 4 results',
    stored: [[null, '', '#a=A+%26+one&b=three']],
  });
  first.value = 'a2';
  form.fire('change');
  assert.deepEqual(shown(), {
    values: ['a2', 'b2'],
    hidden: ['1111', '11', '001'],
    status: '0 of 4 results',
    stored: [[null, '', '#a=two&b=three']],
  });
  let isPrevented = false;
  form.fire('reset', {
    preventDefault() {
      isPrevented = true;
    },
  });
  assert.deepEqual(
    [isPrevented, shown()],
    [
      true,
      {
        values: ['', ''],
        hidden: ['0000', '00', '111'],
        status: '4 of 4 results',
        stored: [[null, '', '/site/']],
      },
    ],
  );
});

test('a stored selection is applied, and what is no option is ignored', async (t) => {
  const { shown } = await start(t, '#b=two&a=gone');
  assert.deepEqual(shown(), {
    values: ['', 'b1'],
    hidden: ['0101', '11', '101'],
    status: '2 of 4 results',
    stored: [],
  });
  assert.deepEqual((await start(t, '#a=Any&b=Any')).shown().values, ['', '']);
  // Of two options with the same text, the first is selected.
  assert.deepEqual((await start(t, '#a=two')).shown().values, ['a2', '']);
});

test('without a form, nothing is changed; without a place for the count, it is not shown', async (t) => {
  const { shown } = await start(t, '#b=two', 'form');
  assert.deepEqual(shown(), {
    values: ['stale', 'stale'],
    hidden: ['0000', '00', '111'],
    status: '',
    stored: [],
  });
  const other = await start(t, '', '#matches');
  assert.deepEqual([other.shown().status, other.form.hidden], ['', false]);
});
