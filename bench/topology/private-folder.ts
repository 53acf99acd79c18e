import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from './scope.ts';
import { PRIVATE_FOLDER_PREFIX, type Warden } from './warden.ts';
import { openFolderToWorkers } from './worker-user.ts';

/** Makes a folder for this user, and the workers of Nginx, alone that is gone when the scope has closed, or the bench has died. */
export async function makePrivateFolder(scope: Scope, warden: Warden): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), PRIVATE_FOLDER_PREFIX));
  warden.own(folder);
  scope.add('private folder', async () => {
    await rm(folder, { recursive: true, force: true });
    warden.disown(folder);
  });
  await openFolderToWorkers(folder);
  return folder;
}
