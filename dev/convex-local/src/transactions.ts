import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";

import { Gate } from "./gate";
import type { Internals } from "./internals";

/** Called after a transaction that wrote something; the next one begins when it has finished. */
export type CommitListener = () => void | Promise<void>;

/**
 * Puts every transaction behind one gate and holds it until the listeners have seen the commit. So each committed
 * state is shown to subscribers before the next one exists: they miss none, however fast the writes follow.
 */
export class Transactions {
  readonly #gate = new Gate();
  readonly #listeners: CommitListener[] = [];
  readonly #insideGate = new AsyncLocalStorage<true>();
  /** The scope outside every transaction: what is begun in here does not inherit the one that just committed. */
  readonly #outside = new AsyncResource("convex-local");
  #open: () => void = () => undefined;

  constructor(private readonly internals: Internals) {
    this.#intercept();
  }

  onCommit(listener: CommitListener): void {
    this.#listeners.push(listener);
  }

  /** Runs queries on one committed state: nothing is written meanwhile. Must not run mutations. */
  async still<T>(work: () => T | Promise<T>): Promise<T> {
    const open = await this.#gate.acquire();
    try {
      return await this.#insideGate.run(true, work);
    } finally {
      open();
    }
  }

  #intercept(): void {
    const manager = this.internals.transactionManager;
    const begin = manager.begin.bind(manager);
    const commit = manager.commit.bind(manager);
    const rollback = manager.rollback.bind(manager);
    const gated = (nested: boolean) => !nested && !this.#insideGate.getStore();

    manager.begin = async (nested, limits) => {
      if (gated(nested)) {
        this.#open = await this.#gate.acquire();
      }
      await begin(nested, limits);
    };
    manager.commit = (nested) => {
      const wrote = this.#wroteSomething();
      const timestamp = commit(nested);
      if (gated(nested)) {
        this.#finish(wrote);
      }
      return timestamp;
    };
    manager.rollback = (nested) => {
      rollback(nested);
      if (gated(nested)) {
        this.#finish(false);
      }
    };
  }

  #wroteSomething(): boolean {
    return Object.keys(this.internals.components[""].db._writes.at(-1) ?? {}).length > 0;
  }

  async #announce(): Promise<void> {
    for (const listener of this.#listeners) {
      await listener();
    }
  }

  #finish(wrote: boolean): void {
    const open = this.#open;
    if (!wrote) {
      open();
      return;
    }
    void this.#outside.runInAsyncScope(async () => {
      try {
        await this.#insideGate.run(true, () => this.#announce());
      } catch (error) {
        console.error("a commit could not be shown to a subscriber", error);
      } finally {
        open();
      }
    });
  }
}
