/** The same minimum as in package.json. */
const OLDEST = [20, 19] as const;

/** Why this version of Node is not supported, as a sentence; null if it is. */
export function nodeVersionProblem(version: string): string | null {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return null;
  return (
    `nginx-ws-bench needs Node ${OLDEST.join('.')} or newer, but this is ${version}. ` +
    'Install a newer one, for example from https://nodejs.org.'
  );
}
