/** The user `nobody` of every Linux. */
const NOBODY = 65_534;

/** A temporary folder that everybody may enter, unlike that of the session. */
export const COMMON_FOLDER = '/tmp';

/** Runs a function as a user who owns nothing, so that file permissions apply even if the tests run as root. */
export async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
