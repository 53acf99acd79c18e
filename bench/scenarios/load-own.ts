import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { importFailure, importUserModule, isModuleName } from '../files/user-module.ts';
import { Problem } from '../model/failure.ts';
import type { ScenarioDefinition } from './definition.ts';
import { ownDefinition } from './own-definition.ts';
import type { OwnScenario } from './own-scenario.ts';

/** A user's scenario file, imported and checked. */
export interface LoadedScenario {
  definition: ScenarioDefinition;
  /** What the file exports, including the client. */
  own: OwnScenario;
}

/**
 * Imports a scenario file, which runs its code.
 *
 * @param path the file's path, as in --scenario
 * @param ourselves what `import … from 'nginx-ws-bench'` provides in the file
 * @throws Problem('usage') if the file cannot be read, throws an error, or does not export a scenario
 */
export async function loadOwnScenario(
  path: string,
  folder: string,
  ourselves: object,
): Promise<LoadedScenario> {
  if (!isModuleName(path))
    throw new Problem(
      'usage',
      `--scenario ${path} must name a built-in scenario, or a .ts, .mts, .js or .mjs file.`,
    );
  const file = resolve(folder, path);
  if (!existsSync(file)) throw new Problem('usage', `--scenario ${path} does not exist. Check the path.`);
  const exported = await importUserModule(file, ourselves).catch((cause: unknown) => {
    throw new Problem('usage', `${path} could not be read: ${importFailure(cause)}. Correct the file.`, {
      cause,
    });
  });
  if (exported === undefined)
    throw new Problem('usage', `${path} has no default export. Use: export default defineScenario({ … }).`);
  return { definition: ownDefinition(exported, file, path), own: exported as OwnScenario };
}
