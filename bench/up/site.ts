import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openFolderToWorkers, openToWorkers } from '../topology/worker-user.ts';
import { DOCUMENT, STYLE } from './document.ts';
import type { Topology } from './page/topology.ts';

/** Folder of the page's compiled modules, which the browser loads unchanged. */
const MODULES = fileURLToPath(new URL('./page/', import.meta.url));

/**
 * Writes the page into the run's private folder.
 *
 * @returns the folder that Nginx serves
 */
export async function makeSite(privateFolder: string): Promise<string> {
  const folder = join(privateFolder, 'page');
  await mkdir(folder);
  await writeFile(join(folder, 'index.html'), DOCUMENT);
  await writeFile(join(folder, 'style.css'), STYLE);
  const scripts = (await readdir(MODULES)).filter((file) => file.endsWith('.js'));
  await Promise.all(scripts.map((file) => copyFile(join(MODULES, file), join(folder, file))));
  await openFolderToWorkers(folder);
  for (const file of await readdir(folder)) await openToWorkers(join(folder, file), 0o640);
  return folder;
}

/** Writes the topology for the page as JSON data, so that no name from the user becomes markup. */
export async function writeTopology(folder: string, topology: Topology): Promise<void> {
  const path = join(folder, 'topology.json');
  await writeFile(path, JSON.stringify(topology));
  await openToWorkers(path, 0o640);
}
