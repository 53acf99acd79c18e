/**
 * What a run's throughput, CPU time and schedule refer to: messages answered, connections opened, or messages
 * sent, if no answer is expected.
 */
export type Work = 'messages' | 'handshakes' | 'sends';
