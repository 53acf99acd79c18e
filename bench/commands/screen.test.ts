import assert from 'node:assert/strict';
import { test } from 'node:test';
import xterm from '@xterm/headless';
import { screenOf } from './screen.ts';
import { sizeOf } from './terminal.ts';

/** Emulates a terminal that rewraps its lines when its size changes, and returns its contents. */
function emulated(columns: number, rows = 12) {
  const emulator = new xterm.Terminal({ cols: columns, rows, convertEol: true, allowProposedApi: true });
  const terminal = {
    print: (text: string) => emulator.write(`${text}\n`),
    say: (line: string) => emulator.write(`${line}\n`),
    draw: (text: string) => emulator.write(text),
    columns,
    rows,
  };
  return {
    terminal,
    async resize(to: number) {
      await written(emulator);
      emulator.resize(to, rows);
      terminal.columns = to;
    },
    /** Every line that is not empty, including those that have been scrolled off the screen. */
    async lines(): Promise<string[]> {
      await written(emulator);
      const { active } = emulator.buffer;
      const all = Array.from(
        { length: active.length },
        (_, row) => active.getLine(row)?.translateToString(true) ?? '',
      );
      return all.filter((line) => line !== '');
    },
  };
}

function written(emulator: InstanceType<typeof xterm.Terminal>): Promise<void> {
  return new Promise((resolve) => emulator.write('', resolve));
}

test('the newest lines are below the permanent output, and nothing else remains', async () => {
  const { terminal, lines } = emulated(40);
  const screen = screenOf(terminal);
  screen.show(['one', 'two', 'three']);
  screen.show(['one', 'zwei']);
  assert.deepEqual(await lines(), ['one', 'zwei']);
  screen.say('A line that stays.');
  assert.deepEqual(await lines(), ['A line that stays.']);
  screen.show(['a', 'b', 'c', 'd']);
  screen.show(['a', 'b', 'X', 'd']);
  assert.deepEqual(await lines(), ['A line that stays.', 'a', 'b', 'X', 'd']);
  screen.clear();
  assert.deepEqual(await lines(), ['A line that stays.']);
});

test('if the terminal changes its width, the permanent output remains and old lines do not', async () => {
  const { terminal, resize, lines } = emulated(60, 30);
  const screen = screenOf(terminal);
  const frame = () => ['a', 'b', 'c'].map((letter) => letter.repeat(sizeOf(terminal).columns));
  screen.say('A line that stays.');
  for (const columns of [60, 25, 40, 11]) {
    await resize(columns);
    screen.show(frame());
    const [, ...shown] = (await lines()).join('\n').split('stays.')[1]?.split('\n') ?? [];
    assert.deepEqual(shown, frame(), String(columns));
  }
  await resize(5);
  screen.clear();
  assert.equal((await lines()).join(''), 'A line that stays.');
});

test('if nothing can be redrawn, messages are printed and no lines are drawn', () => {
  const said: string[] = [];
  const screen = screenOf({
    print: assert.fail,
    say: (line) => void said.push(line),
    draw: null,
    columns: 80,
    rows: 24,
  });
  screen.show(['one']);
  screen.say('two');
  screen.clear();
  assert.deepEqual(said, ['two']);
});

test('a terminal that does not report its size is assumed to have the usual one', () => {
  const terminal = { print: assert.fail, say: assert.fail, draw: null };
  assert.deepEqual(sizeOf({ ...terminal, columns: 0, rows: 0 }), { columns: 79, rows: 24 });
  assert.deepEqual(sizeOf({ ...terminal, columns: 1, rows: 5 }), { columns: 1, rows: 5 });
});
