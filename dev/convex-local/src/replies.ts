import type { Outcome } from "./host";

/** Number of remembered outcomes: far more than a client has unanswered when it reconnects. */
const REMEMBERED = 1_000;

/** A client that reconnects sends its unanswered mutations again: each one runs once and gets its first outcome. */
export class Replies {
  readonly #known = new Map<string, Promise<Outcome>>();

  /** Runs a mutation, or returns the outcome of the earlier run. A run that throws is not remembered. */
  async once(key: string, run: () => Promise<Outcome>): Promise<Outcome> {
    const known = this.#known.get(key);
    if (known) {
      return await known;
    }
    const outcome = run();
    this.#known.set(key, outcome);
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > REMEMBERED) {
      this.#known.delete(oldest);
    }
    try {
      return await outcome;
    } catch (error) {
      this.#known.delete(key);
      throw error;
    }
  }
}
