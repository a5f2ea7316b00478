import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";

import type { Executions } from "./executions";
import type { Internals } from "./internals";
import { Mutex } from "./mutex";
import type { Change } from "./reads";

/** Called after a transaction that wrote something, before the next one begins. It must not wait. */
export type CommitListener = (changes: Change[]) => void;

/** Makes a commit durable before anything sees it; throws to refuse the commit. */
export type Persist = (changes: Change[]) => void;

/** Runs transactions one after another, in the order of their calls. */
export class Transactions {
  persist: Persist = () => undefined;
  readonly #mutex = new Mutex();
  readonly #listeners: CommitListener[] = [];
  readonly #insideMutex = new AsyncLocalStorage<true>();
  /** The scope outside every transaction: what starts in it does not inherit the transaction that just committed. */
  readonly #outside = new AsyncResource("convex-local");
  /** Releases the mutex; undefined while no transaction is open. */
  #release: (() => void) | undefined;

  constructor(
    private readonly internals: Internals,
    private readonly executions: Executions,
  ) {
    this.#intercept();
  }

  onCommit(listener: CommitListener): void {
    this.#listeners.push(listener);
  }

  /** Runs queries on one committed state: nothing is written meanwhile. Must not run mutations. */
  async still<T>(work: () => T | Promise<T>): Promise<T> {
    const release = await this.#mutex.acquire();
    try {
      return await this.#insideMutex.run(true, work);
    } finally {
      release();
    }
  }

  #intercept(): void {
    const manager = this.internals.transactionManager;
    const begin = manager.begin.bind(manager);
    const commit = manager.commit.bind(manager);
    const rollback = manager.rollback.bind(manager);
    const restoreWrites = manager.restoreWrites.bind(manager);
    const isExclusive = (nested: boolean) => !nested && !this.#insideMutex.getStore();

    manager.begin = async (nested, limits) => {
      this.#assertNestedRuns(nested);
      if (isExclusive(nested)) {
        this.#release = await this.#mutex.acquire();
      }
      await begin(nested, limits);
      if (!nested) {
        // Those of earlier transactions, of which one is open at a time.
        this.internals.components[""].db._queryResults = {};
      }
    };
    manager.commit = (nested) => {
      this.#assertNestedRuns(nested);
      return isExclusive(nested) ? this.#commit(() => commit(nested)) : commit(nested);
    };
    manager.rollback = (nested) => {
      this.#assertNestedRuns(nested);
      if (nested) {
        rollback(nested);
      } else if (this.#insideMutex.getStore()) {
        this.#discard(() => rollback(nested));
      } else if (this.#release) {
        try {
          this.#discard(() => rollback(nested));
        } finally {
          this.#finish([]);
        }
      }
    };
    manager.restoreWrites = (stashed) => {
      this.executions.assertRunning();
      restoreWrites(stashed);
    };
  }

  /** A nested call whose outermost function has ended must not touch the transaction that is open now. */
  #assertNestedRuns(nested: boolean): void {
    if (nested) {
      this.executions.assertRunning();
    }
  }

  /** Rolls back, also what nested calls had open when the outermost function ended. */
  #discard(rollback: () => void): void {
    const { db } = this.internals.components[""];
    db._writes = [{}];
    rollback();
  }

  /** Commits and persists. A commit that cannot be persisted is undone, and its transaction fails. */
  #commit(commit: () => bigint | null): bigint | null {
    const { _documents, _writes } = this.internals.components[""].db;
    if (_writes.length !== 1) {
      throw new Error("a mutation must await the functions that it calls");
    }
    const before = Object.keys(_writes.at(-1) ?? {}).map((id) => [id, _documents[id] ?? null] as const);
    const timestamp = commit();
    const changes = before.map(([id, old]) => ({ id, before: old, after: _documents[id] ?? null }));
    try {
      if (changes.length > 0) {
        this.persist(changes);
      }
    } catch (error) {
      this.#undo(changes);
      this.#finish([]);
      throw error;
    }
    this.#finish(changes);
    return timestamp;
  }

  #undo(changes: Change[]): void {
    const { _documents } = this.internals.components[""].db;
    for (const { id, before } of changes) {
      if (before === null) {
        // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- how convex-test removes a row
        delete _documents[id];
      } else {
        _documents[id] = before;
      }
    }
  }

  #finish(changes: Change[]): void {
    const release = this.#release;
    this.#release = undefined;
    try {
      if (changes.length > 0) {
        this.#outside.runInAsyncScope(() => this.#listeners.forEach((listener) => listener(changes)));
      }
    } catch (error) {
      console.error("a listener of commits failed", error);
    } finally {
      release?.();
    }
  }
}
