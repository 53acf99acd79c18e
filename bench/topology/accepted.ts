import { Problem } from '../model/failure.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { withoutCulprit } from '../nginx/complaint.ts';
import type { OnChange } from '../nginx/notices.ts';
import { parse } from '../nginx/parse.ts';
import { type OwnAddresses, refuseOtherTargets } from '../nginx/targets.ts';
import { type Directive, type Node, rewrite } from '../nginx/tree.ts';
import { checkNginx, type WrittenConfiguration, writeConfiguration } from './nginx.ts';
import type { ProcessSet } from './process-set.ts';

/**
 * Writes a configuration and has Nginx check it; what this Nginx cannot do is taken out, one complaint after
 * the other, because each run of `nginx -t` tells only the first. What is written is judged before Nginx sees it,
 * each time: without an `upstream` that was taken out, a name in `proxy_pass` would be that of a host.
 *
 * @param own What Nginx may connect to and listen on.
 * @param vital What the WebSockets go through: there nothing is taken out.
 * @param onChange Null for a profile of the package: it runs as it is, or not at all.
 * @throws Problem('configuration') in Nginx's own words where that does not help.
 */
export async function writeAccepted(
  binary: NginxBinary,
  folder: string,
  tree: readonly Node[],
  own: OwnAddresses,
  vital: readonly Directive[],
  onChange: OnChange | null,
  launchTask: ProcessSet['launchTask'],
): Promise<{ tree: readonly Node[]; written: WrittenConfiguration }> {
  const written = await writeConfiguration(folder, tree);
  refuseOtherTargets(readBack(written), own);
  try {
    await checkNginx(binary, written.confPath, folder, written.origins, launchTask);
    return { tree, written };
  } catch (error) {
    if (!(error instanceof Problem) || onChange === null) throw error;
    const rest = withoutCulprit(tree, error.message, vital, onChange);
    if (rest === null) throw error;
    return writeAccepted(binary, folder, rest, own, vital, onChange, launchTask);
  }
}

/** The tree as Nginx will read it, with places in the person's files. */
function readBack({ confPath, text, origins }: WrittenConfiguration): Node[] {
  return rewrite(parse(text, confPath), (node) => [
    { ...node, origin: origins[(node.origin?.line ?? 0) - 1] ?? node.origin },
  ]);
}
