import type { Run } from '../bench/model/run.ts';

/** The same run on a server that was already running: nothing but its answers is known. */
export function onTarget(run: Run): Run {
  const url = 'ws://127.0.0.1:9000/chat';
  const isOurs = ({ component }: { component: string }) =>
    component === 'generator' || component === 'runner';
  return {
    ...run,
    plan: {
      ...run.plan,
      variant: url,
      profile: `target:${url}`,
      target: {
        kind: 'external',
        url,
        expect: 'echo',
        certificate: null,
        subprotocols: [],
        isRemote: false,
      },
      server: null,
      servers: 0,
      proxy: null,
      http: null,
    },
    processes: run.processes.filter(isOurs),
    spread: run.spread.filter(isOurs),
    probe: null,
    http: null,
    proxy: null,
    validity: { ...run.validity, limit: { ...run.validity.limit, component: 'none' } },
  };
}
