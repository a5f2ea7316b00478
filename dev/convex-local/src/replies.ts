import type { Outcome } from "./host";

/** Answers that are remembered: far more than a client has open when it reconnects. */
const REMEMBERED = 1_000;

/** A client that reconnects sends its unanswered mutations again: each one runs once, and is answered as before. */
export class Replies {
  readonly #known = new Map<string, Promise<Outcome>>();

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
    return await outcome;
  }
}
