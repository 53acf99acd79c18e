/** Carriers for TCP in this process: io_uring only on Bun, and only if the system allows it. */
export const CARRIERS_HERE: readonly ('sockets' | 'io_uring')[] = (await hasRing())
  ? ['sockets', 'io_uring']
  : ['sockets'];

async function hasRing(): Promise<boolean> {
  if (process.versions.bun === undefined) return false;
  const { openRing } = await import('./open-ring.ts');
  try {
    openRing();
    return true;
  } catch {
    return false;
  }
}
