import { Problem } from '../model/failure.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { withoutCulprit } from '../nginx/complaint.ts';
import type { OnChange } from '../nginx/notices.ts';
import type { Directive, Node } from '../nginx/tree.ts';
import { checkNginx, type WrittenConfiguration, writeConfiguration } from './nginx.ts';
import type { ProcessSet } from './process-set.ts';

/**
 * Writes a configuration and has Nginx check it; what this Nginx cannot do is taken out, one complaint after
 * the other, because each run of `nginx -t` tells only the first.
 *
 * @param vital What the WebSockets go through: there nothing is taken out.
 * @param onChange Null for a profile of the package: it runs as it is, or not at all.
 * @throws Problem('configuration') in Nginx's own words where that does not help.
 */
export async function writeAccepted(
  binary: NginxBinary,
  folder: string,
  tree: readonly Node[],
  vital: readonly Directive[],
  onChange: OnChange | null,
  launchTask: ProcessSet['launchTask'],
): Promise<{ tree: readonly Node[]; written: WrittenConfiguration }> {
  const written = await writeConfiguration(folder, tree);
  try {
    await checkNginx(binary, written.confPath, folder, written.origins, launchTask);
    return { tree, written };
  } catch (error) {
    if (!(error instanceof Problem) || onChange === null) throw error;
    const rest = withoutCulprit(tree, error.message, vital, onChange);
    if (rest === null) throw error;
    return writeAccepted(binary, folder, rest, vital, onChange, launchTask);
  }
}
