/**
 * Maximum number of sessions kept. A server may issue several for each full handshake. Without a limit, far
 * more sessions would accumulate than can be used.
 */
const MOST = 1000;

/**
 * The TLS sessions that a worker's connections have received and can resume. A session is used once, as RFC
 * 8446 (appendix C.4) recommends, unless it is the last one: with TLS 1.2, a resumed connection receives no
 * new session.
 */
export class TlsSessions {
  readonly #sessions: Buffer[] = [];

  /** Adds a session that a connection has received. */
  keep(session: Buffer): void {
    if (this.#sessions.length === MOST) this.#sessions.shift();
    this.#sessions.push(session);
  }

  /** Returns the newest session; null if there is none. */
  take(): Buffer | null {
    const last = this.#sessions.at(-1) ?? null;
    if (this.#sessions.length > 1) this.#sessions.pop();
    return last;
  }
}
