import { SystemError } from './errno.ts';
import { LinuxKernel } from './linux-kernel.ts';

/** Program for Bun that sets up a ring, and prints `available` or the error with which the system refused it. */
try {
  new LinuxKernel();
  console.log('available');
} catch (error) {
  if (!(error instanceof SystemError)) throw error;
  console.log(error.code);
}
