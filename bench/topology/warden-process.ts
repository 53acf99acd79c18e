import { rm } from 'node:fs/promises';
import { isPrivateFolder } from './private-folder.ts';
import { groupGone } from './process-group.ts';
import type { WardenMessage } from './warden.ts';

/** Time limit of the clean-up, because a warden that never exits would be worse than leftovers. */
const DEADLINE_MS = 10_000;

const groups = new Set<number>();
const folders = new Set<string>();

process.on('message', (message: WardenMessage) => {
  if (message.type === 'watch') groups.add(message.pid);
  else if (message.type === 'forget') groups.delete(message.pid);
  else if (message.type === 'own') folders.add(message.folder);
  else folders.delete(message.folder);
});

// However the bench dies, the kernel closes the channel. Reacting to that is the warden's purpose.
process.on('disconnect', cleanUp);
// If a signal is sent to all processes (by a closing terminal, or `kill` from a service manager), the bench
// handles it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

if (process.connected) process.send?.({ type: 'ready' });
else await cleanUp();

async function cleanUp(): Promise<void> {
  setTimeout(() => process.exit(1), DEADLINE_MS);
  await Promise.all([...groups].map(groupGone));
  for (const folder of folders) {
    if (isPrivateFolder(folder)) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  process.exit(0);
}
