import { readFileSync } from 'node:fs';
import { chmod, chown, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Problem } from '../model/failure.ts';
import { PROXY } from '../model/proxy.ts';

/** The user under which a proxy's workers run if the proxy's master runs as root. */
export interface WorkerUser {
  name: string;
  uid: number;
  group: string;
  gid: number;
}

/** Candidate names. `nobody` owns no files; the other names are for systems without that user. */
const NAMES = ['nobody', 'nginx', 'www-data', 'daemon'];

/** Numbers of Linux capabilities (linux/capability.h). */
const CAP_SETGID = 6;
const CAP_SETUID = 7;

/**
 * The user that workers switch to, so that a configuration cannot give access to files that only root may
 * read. Null if they keep their user, because this process is not root or lacks the required capabilities.
 *
 * @throws Problem('environment') if this system has no suitable user
 */
export function workerUser(): WorkerUser | null {
  if (process.getuid?.() !== 0) return null;
  const user = unprivilegedUser(readText('/etc/passwd'), readText('/etc/group'));
  if (user === null) {
    throw new Problem(
      'environment',
      `${PROXY} would start as root, but /etc/passwd has no user for its workers (${NAMES.join(', ')}). Add one, or run the bench as another user.`,
    );
  }
  const isMapped =
    covers(readText('/proc/self/uid_map'), user.uid) && covers(readText('/proc/self/gid_map'), user.gid);
  return isMapped && maySwitch(readText('/proc/self/status')) ? user : null;
}

/**
 * Returns the first candidate that exists as a user and whose group also exists, according to the text of
 * /etc/passwd and /etc/group. Neither user nor group may be root.
 */
export function unprivilegedUser(passwd: string, groups: string): WorkerUser | null {
  const fieldsOf = (text: string) => text.split('\n').map((line) => line.split(':'));
  for (const name of NAMES) {
    const [, , uid, gid] = fieldsOf(passwd).find(([each]) => each === name) ?? [];
    const [group] = fieldsOf(groups).find(([, , each]) => each === gid) ?? [];
    if (group !== undefined && Number(uid) > 0 && Number(gid) > 0)
      return { name, uid: Number(uid), group, gid: Number(gid) };
  }
  return null;
}

/**
 * Whether an id is mapped in this user namespace, according to the text of uid_map or gid_map. An empty text
 * means that the system has no user namespaces.
 */
export function covers(map: string, id: number): boolean {
  if (map === '') return true;
  return map.split('\n').some((line) => {
    const [inside = Number.NaN, , count = 0] = line.trim().split(/\s+/).map(Number);
    return id >= inside && id < inside + count;
  });
}

/**
 * Whether this process has the capabilities to change its user and group, according to the text of
 * /proc/self/status. An empty text means that the system does not report them.
 */
export function maySwitch(status: string): boolean {
  const effective = /^CapEff:\s*([\da-f]+)/m.exec(status)?.[1];
  if (effective === undefined) return true;
  const has = (capability: number) => ((BigInt(`0x${effective}`) >> BigInt(capability)) & 1n) === 1n;
  return has(CAP_SETGID) && has(CAP_SETUID);
}

/**
 * Gives the proxy's workers, and nobody else, access to a file in a private folder: the workers' group gets
 * the group permissions in `mode`. Has no effect if the workers run as the owner of the file.
 */
export async function openToWorkers(path: string, mode: number): Promise<void> {
  const user = workerUser();
  if (user === null) return;
  await chown(path, 0, user.gid);
  await chmod(path, mode);
}

/**
 * Lets workers enter a private folder, but not list it.
 *
 * @throws Problem('environment') if a folder above it denies them access
 */
export async function openFolderToWorkers(folder: string): Promise<void> {
  const user = workerUser();
  if (user === null) return;
  await openToWorkers(folder, 0o710);
  for (let above = dirname(folder); ; above = dirname(above)) {
    const { mode, uid, gid } = await stat(above);
    const may = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & may) === 0) {
      throw new Problem(
        'environment',
        `The ${PROXY} workers run as ${user.name}, which has no access to ${above}. Set TMPDIR to another folder, or run the bench without root.`,
      );
    }
    if (above === dirname(above)) return;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
