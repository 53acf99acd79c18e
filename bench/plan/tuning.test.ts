import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { inFolder } from '../../test/folder.ts';
import { loadProfiles } from './profile.ts';
import { loadTunings } from './tuning.ts';

/** From dist/bench/plan. */
const PROFILES = join(import.meta.dirname, '../../../nginx-profiles');
const DESCRIPTION = { question: 'Does it help?', load: '', expect: 'No.', profiles: null };

test('the built-in tunings describe their purpose, and refer to existing profiles', async () => {
  const names = (await loadProfiles(PROFILES)).map(({ name }) => name);
  const tunings = await loadTunings(join(PROFILES, 'tunings'));
  for (const name of ['buf-16k', 'placebo', 'reuseport'])
    assert.ok(
      tunings.some((each) => each.name === name),
      name,
    );
  for (const { name, text, question, expect, profiles } of tunings) {
    assert.match(name, /^[a-z0-9-]+$/);
    assert.match(text, /^# [A-Z0-9]/, name);
    assert.ok(question.endsWith('?') && expect.endsWith('.'), name);
    for (const profile of profiles ?? []) assert.ok(names.includes(profile), `${name}: ${profile}`);
  }
});

test('each is a .conf with a .json of the same name, in the order of names; other files are ignored', async () => {
  await inFolder(async (folder) => {
    for (const name of ['b', 'a']) {
      await writeFile(join(folder, `${name}.conf`), `# ${name}\n`);
      await writeFile(join(folder, `${name}.json`), JSON.stringify({ ...DESCRIPTION, profiles: ['tls'] }));
    }
    await writeFile(join(folder, 'README'), '');
    assert.deepEqual(await loadTunings(folder), [
      { ...DESCRIPTION, profiles: ['tls'], name: 'a', text: '# a\n' },
      { ...DESCRIPTION, profiles: ['tls'], name: 'b', text: '# b\n' },
    ]);
  });
});

test('missing or invalid files are reported', async () => {
  await inFolder(async (folder) => {
    const refused = (message: RegExp) =>
      assert.rejects(loadTunings(folder), { kind: 'configuration', message });
    await writeFile(join(folder, 'a.conf'), '# a\n');
    await refused(/a\.json could not be read: /);
    await writeFile(join(folder, 'a.json'), '{');
    await refused(/a\.json: the file: /);
    await writeFile(join(folder, 'a.json'), JSON.stringify({ ...DESCRIPTION, question: 7 }));
    await refused(/a\.json: question: /);
    await assert.rejects(loadTunings(join(folder, 'nowhere')), { message: /nowhere cannot be read\./ });
  });
});
