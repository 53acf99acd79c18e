import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { loadOwnScenario } from './load-own.ts';

const SCENARIO = `import { mark } from 'nginx-ws-bench';
export default {
  ...{ name: 'chat', title: mark, question: 'How long?', steps: [{ name: 'chat', load: 'open' }] },
  client: () => ({ opened() {}, message() {} }),
};
`;

test('a scenario is read from its file, whose path is relative to the folder', async () => {
  await inFolder(async (folder) => {
    await writeFile(join(folder, 'chat.mjs'), SCENARIO);
    const { definition, own } = await loadOwnScenario('./chat.mjs', folder, { mark: 'Marked' });
    assert.deepEqual(
      [definition.name, definition.title, definition.file, own.title, own.name],
      ['chat', 'Marked', join(folder, 'chat.mjs'), 'Marked', 'chat'],
    );
  });
});

test('a file that has changed is read again', async () => {
  await inFolder(async (folder) => {
    for (const mark of ['first', 'second']) {
      await writeFile(join(folder, 'chat.mjs'), SCENARIO.replace('title: mark', `title: '${mark}'`));
      const { definition } = await loadOwnScenario('./chat.mjs', folder, { mark });
      assert.equal(definition.title, mark);
    }
  });
});

test('a file that is no module, is missing, fails or exports nothing is rejected', async () => {
  await inFolder(async (folder) => {
    const refused = (path: string, message: string | RegExp) =>
      assert.rejects(loadOwnScenario(path, folder, {}), { kind: 'usage', message });
    await writeFile(join(folder, 'chat.txt'), SCENARIO);
    await writeFile(join(folder, 'empty.mjs'), 'export const other = 1;');
    await writeFile(join(folder, 'fails.mjs'), "throw new Error('a slip of the user');");
    await refused(
      'chat.txt',
      '--scenario chat.txt must name a built-in scenario, or a .ts, .mts, .js or .mjs file.',
    );
    await refused('none.mjs', '--scenario none.mjs does not exist. Check the path.');
    await refused('empty.mjs', 'empty.mjs has no default export. Use: export default defineScenario({ … }).');
    await mkdir(join(folder, 'folder.mjs'));
    await writeFile(join(folder, 'lacks.mjs'), "import './gone.mjs';");
    await refused('folder.mjs', 'folder.mjs could not be read: it is not a regular file. Correct the file.');
    await refused(
      'lacks.mjs',
      /^lacks\.mjs could not be read: Cannot find module [^\n]*\. Correct the file\.$/,
    );
    await refused('fails.mjs', /^fails\.mjs could not be read: .*a slip of the user.*\. Correct the file\.$/);
  });
});
