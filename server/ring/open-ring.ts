import { Alarm } from './alarm.ts';
import { LinuxKernel } from './linux-kernel.ts';
import { Ring } from './ring.ts';
import { RingLoop } from './ring-loop.ts';

let opened: RingLoop | null = null;

/**
 * Returns the ring of this process, which is set up by the first call.
 *
 * @throws SystemError if the system refuses it
 */
export function openRing(): RingLoop {
  if (opened === null) {
    const kernel = new LinuxKernel();
    opened = new RingLoop(new Ring(kernel), new Alarm(kernel.eventFd));
  }
  return opened;
}
