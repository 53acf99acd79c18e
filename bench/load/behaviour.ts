import type { Workload } from '../model/load.ts';
import type { RecordedNames } from '../model/recording.ts';
import type { Work } from '../model/work.ts';
import { scenarioNamed } from '../scenarios/registry.ts';

/**
 * What a generator worker needs to know about its scenario. The runner sends this with the plan, because a worker that
 * imported all definitions, with their metrics and sentences, would take twice as long to start.
 */
export interface Behaviour {
  /** Folder of the scenario whose client is used. */
  client: string;
  recorded: RecordedNames;
  work: Work;
  /** `resumes` and `serverCloses` mean the same as in `connectionTraits` of the scenario's definition. */
  resumes: boolean;
  serverCloses: boolean;
}

/** Returns the behaviour that the definition of the workload's scenario specifies. */
export function behaviourOf({ scenario, options }: Pick<Workload, 'scenario' | 'options'>): Behaviour {
  const { name, client = name, recorded, work = 'messages', connectionTraits } = scenarioNamed(scenario);
  const { resumes = false, serverCloses = false } = connectionTraits?.(options) ?? {};
  return { client, recorded, work, resumes, serverCloses };
}
