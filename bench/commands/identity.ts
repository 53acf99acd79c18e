import { homedir, hostname, userInfo } from 'node:os';
import { basename } from 'node:path';

/** Names of this machine and its user, as far as the system reports them. */
export function readIdentity(): string[] {
  const host = hostname();
  const names = [host, host.split('.')[0] ?? '', basename(homedir()), userName()];
  return [...new Set(names.filter((name) => name !== ''))];
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // The user has no entry in /etc/passwd, as in many containers.
    return '';
  }
}
