import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";

import { Gate } from "./gate";
import type { Internals } from "./internals";
import type { Change } from "./reads";

/** Called after a transaction that wrote something; the next one begins when it has finished. */
export type CommitListener = (changes: Change[]) => void | Promise<void>;

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
      const changes = this.#pendingChanges();
      const timestamp = commit(nested);
      if (gated(nested)) {
        this.#finish(changes);
      }
      return timestamp;
    };
    manager.rollback = (nested) => {
      rollback(nested);
      if (gated(nested)) {
        this.#finish([]);
      }
    };
  }

  #pendingChanges(): Change[] {
    const { _writes, _documents } = this.internals.components[""].db;
    const written = Object.entries(_writes.at(-1) ?? {});
    return written.map(([id, after]) => ({ id, before: _documents[id] ?? null, after }));
  }

  async #announce(changes: Change[]): Promise<void> {
    for (const listener of this.#listeners) {
      await listener(changes);
    }
  }

  #finish(changes: Change[]): void {
    const open = this.#open;
    if (changes.length === 0) {
      open();
      return;
    }
    void this.#outside.runInAsyncScope(async () => {
      try {
        await this.#insideGate.run(true, () => this.#announce(changes));
      } catch (error) {
        console.error("a commit could not be shown to a subscriber", error);
      } finally {
        open();
      }
    });
  }
}
