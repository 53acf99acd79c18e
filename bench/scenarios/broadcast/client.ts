import type { MakeClient } from '../../load/sessions/client.ts';
import { ALL_MEMBERS, Deliveries } from '../../measure/deliveries.ts';
import { layoutOf } from './layout.ts';
import { type Member, makeMembers } from './members.ts';

/** Every connection is a member of a room. Some publish on a schedule, and all receive. */
export const makeClient: MakeClient<Member> = (context, sessions) => {
  const { plan, recorder } = context;
  const all = new Deliveries(recorder, ALL_MEMBERS);
  return makeMembers(context, sessions, {
    layout: layoutOf(plan.connections, plan.workload.options),
    deliveriesOf: () => all,
    arrived(_session, publication, nowUs) {
      const delayUs = nowUs - publication.intendedUs;
      recorder.of(nowUs, publication.intendedUs).histograms.delivery?.record(delayUs);
      recorder.delivered(publication, delayUs);
    },
  });
};
