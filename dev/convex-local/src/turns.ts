import { setImmediate } from "node:timers/promises";

import type { Transactions } from "./transactions";

/** A client whose queries are run again. */
export type Client = {
  /** Runs queries for about `milliseconds`, at least one; returns whether some are left. Never throws. */
  refresh: (milliseconds: number) => Promise<boolean>;
};

/** How long transactions wait for a turn, and other clients for a client, unless a single query takes longer. */
const TURN_MS = 20;
const SLICE_MS = 5;

/**
 * Runs the queries of clients again, between transactions and in turns: a transaction waits for one turn at most, and
 * a client with few queries does not wait for one with many.
 */
export class Turns {
  /** In the order of their next slices. */
  readonly #waiting = new Set<Client>();
  #running = false;

  constructor(private readonly transactions: Transactions) {}

  /** Gives a client its slices until it has no queries left to run. */
  request(client: Client): void {
    this.#waiting.add(client);
    if (!this.#running) {
      this.#running = true;
      void this.#run();
    }
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0) {
      await this.transactions.still(() => this.#turn());
      // Without it, the server would read no request until all queries have run.
      await setImmediate();
    }
    this.#running = false;
  }

  async #turn(): Promise<void> {
    const end = performance.now() + TURN_MS;
    do {
      const [client] = this.#waiting;
      if (!client) {
        return;
      }
      this.#waiting.delete(client);
      if (await client.refresh(SLICE_MS)) {
        this.#waiting.add(client);
      }
    } while (performance.now() < end);
  }
}
