import type { Workload } from '../model/load.ts';
import type { RecordedNames } from '../model/recording.ts';
import type { Work } from '../model/work.ts';
import { scenarioNamed } from '../scenarios/registry.ts';

/**
 * What a generator worker has to know of the definition of its scenario. The runner sends it along, because a worker
 * that imported all definitions, with their metrics and sentences, would take twice as long to start.
 */
export interface Behaviour {
  /** Folder of the scenario whose client is used. */
  client: string;
  recorded: RecordedNames;
  work: Work;
  /**
   * `resumes` and `serverCloses` have the same meaning as in `connectionTraits` of the scenario's definition.
   */
  resumes: boolean;
  serverCloses: boolean;
}

/** Returns what the definition of the workload's scenario says about the behaviour of connections. */
export function behaviourOf({ scenario, options }: Pick<Workload, 'scenario' | 'options'>): Behaviour {
  const { name, client = name, recorded, work = 'messages', connectionTraits } = scenarioNamed(scenario);
  const { resumes = false, serverCloses = false } = connectionTraits?.(options) ?? {};
  return { client, recorded, work, resumes, serverCloses };
}
