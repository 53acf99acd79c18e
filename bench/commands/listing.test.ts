import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { inFolder, storeResult } from '../../test/folder.ts';
import { asNobody, COMMON_FOLDER } from '../../test/nobody.ts';
import { makeResult } from '../../test/result.ts';
import { makeRun } from '../../test/run.ts';
import { writeListing } from './listing.ts';
import { writeReport } from './report.ts';

const silent = () => assert.fail('nothing to say');

const SMALL = { seconds: 1, connections: 10, perSecond: 100 };

test('the listing is made from the indexes alone, links to the reports, and ignores other folders', async () => {
  await inFolder(async (folder) => {
    const result = makeResult([makeRun(SMALL)]);
    await storeResult(join(folder, 'a'), result);
    await writeReport(join(folder, 'a'), result, silent);
    await rm(join(folder, 'a', 'runs'), { recursive: true });
    await storeResult(join(folder, 'b'), { ...result, id: 'without-a-report' });
    await mkdir(join(folder, 'unrelated'));
    await storeResult(join(folder, '.hidden'), { ...result, id: 'hidden' });
    await writeFile(join(folder, 'file'), '');
    const path = await writeListing(folder, silent);
    assert.equal(path, join(folder, 'index.html'));
    const page = await readFile(join(folder, 'index.html'), 'utf8');
    assert.match(page, /href="\.\/a\/report\.html"/);
    assert.match(page, /without-a-report/);
    assert.doesNotMatch(page, /href="\.\/b\/|unrelated|hidden|class="broken"/);
  });
});

test('a damaged result, or one of another user, is listed with the reason; the others are listed as usual', async () => {
  await inFolder(async (folder) => {
    for (const name of ['damaged', 'mine', 'theirs']) {
      await storeResult(join(folder, name), { ...makeResult([makeRun(SMALL)]), id: name });
      await chmod(join(folder, name), 0o755);
    }
    await writeFile(join(folder, 'damaged', 'result.json'), '{"schemaVersion":2,');
    await chmod(join(folder, 'theirs', 'result.json'), 0o000);
    await chmod(folder, 0o777);
    assert.equal(await asNobody(() => writeListing(folder, silent)), join(folder, 'index.html'));
    const page = await readFile(join(folder, 'index.html'), 'utf8');
    assert.match(page, /<p class="broken">theirs: .*cannot be read: this user does not have permission/);
    assert.match(page, /<p class="broken">damaged: .*is cut off after/);
    assert.match(page, /<th [^>]*>mine<\/th>/);
  }, COMMON_FOLDER);
});

test('the newest 50 of many results are listed', async () => {
  await inFolder(async (folder) => {
    const names = Array.from({ length: 52 }, (_, index) => `2025-01-${String(index).padStart(2, '0')}`);
    for (const name of names) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'result.json'), '');
    }
    await writeListing(folder, silent);
    const page = await readFile(join(folder, 'index.html'), 'utf8');
    assert.deepEqual(
      [...page.matchAll(/<p class="broken">([\d-]+):/g)].map(([, name]) => name).toSorted(),
      names.slice(-50),
    );
  });
});

test('an index.html from another source is left alone, and a missing folder is reported', async () => {
  await inFolder(async (folder) => {
    await writeFile(join(folder, 'index.html'), '<title>My site</title>');
    assert.equal(await writeListing(folder, silent), null);
    assert.equal(await readFile(join(folder, 'index.html'), 'utf8'), '<title>My site</title>');
    await rm(join(folder, 'index.html'));
    execFileSync('mkfifo', [join(folder, 'index.html')]);
    assert.equal(await writeListing(folder, silent), null);
    const said: string[] = [];
    assert.equal(await writeListing(join(folder, 'nowhere'), (line) => said.push(line)), null);
    assert.equal(said.length, 1);
    assert.match(
      said[0] ?? '',
      /^The list of results was not updated\. ".*nowhere" cannot be read: there is no such file or folder\./,
    );
  });
});
