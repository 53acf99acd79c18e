/** As in package.json. */
const OLDEST = [20, 19] as const;

/** Why this version of Node will not do, as a sentence; null where it will. */
export function nodeVersionProblem(version: string): string | null {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return null;
  return (
    `nginx-ws-bench needs Node ${OLDEST.join('.')} or newer, and this is ${version}: ` +
    'install a newer one, from https://nodejs.org for instance.'
  );
}
