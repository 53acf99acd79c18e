/** Oldest supported version of Node; must match package.json. */
const OLDEST = [20, 19] as const;

/** Sentence that explains why this Node version is not supported; null if it is supported. */
export function nodeVersionProblem(version: string): string | null {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return null;
  return (
    `nginx-ws-bench needs Node ${OLDEST.join('.')} or newer, but this is ${version}. ` +
    'Install a newer version of Node.js, for example from https://nodejs.org.'
  );
}
