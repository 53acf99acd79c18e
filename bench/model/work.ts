/** What a run's throughput, CPU time and schedule refer to. */
export type Work = 'messages' | 'handshakes';
