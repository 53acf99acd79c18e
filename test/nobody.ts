/** The user `nobody` of every Linux. */
const NOBODY = 65_534;

/** A temporary folder that everybody may enter, whoever owns the session's own. */
export const COMMON_FOLDER = '/tmp';

/** Does it with the rights of somebody who owns nothing, so that root meets permissions as well. */
export async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
