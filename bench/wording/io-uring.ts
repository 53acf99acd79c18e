/** Returns how to make io_uring available, for the error with which a system refused it. */
export function ioUringRemedy(error: string): string {
  if (error === 'EPERM' || error === 'EACCES')
    return 'Allow it with sudo sysctl -w kernel.io_uring_disabled=0. A container also needs docker run --security-opt seccomp=unconfined.';
  if (error === 'ENOMEM') return 'Allow more locked memory with ulimit -l.';
  return 'It needs Linux 6.1 or later.';
}
