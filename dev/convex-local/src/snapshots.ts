import type { GenericDocument } from "convex/server";

import type { Database } from "./internals";
import type { Change } from "./reads";
import type { Run } from "./runs";

type Rows = Map<string, GenericDocument | null>;

/** The database as it was after one commit, for queries that run while later transactions commit. */
export class Snapshot {
  /** The results of the queries that ran on this snapshot. */
  readonly runs = new Map<string, Promise<Run>>();
  /** The rows that later commits changed, as this snapshot has them; null where there was none. */
  readonly #kept: Rows = new Map();

  /** Keeps the rows that a later commit changed. */
  keep(changes: Change[]): void {
    for (const { id, before } of changes) {
      if (!this.#kept.has(id)) {
        this.#kept.set(id, before);
      }
    }
  }

  /** Reads the database as this snapshot has it. The read must not wait: everything else sees the latest rows. */
  read<T>({ _documents }: Pick<Database, "_documents">, read: () => T): T {
    const latest = replaceRows(_documents, this.#kept);
    try {
      return read();
    } finally {
      replaceRows(_documents, latest);
    }
  }
}

/** The snapshots in use. Each one keeps at most one version of every row. */
export class Snapshots {
  readonly #uses = new Map<Snapshot, number>();
  /** The snapshot of the present state, also between two uses: its results serve the next client. */
  #latest: Snapshot | undefined;

  /** A snapshot of the present state; equal states share one. `close` it once. */
  open(): Snapshot {
    this.#latest ??= new Snapshot();
    this.#uses.set(this.#latest, (this.#uses.get(this.#latest) ?? 0) + 1);
    return this.#latest;
  }

  close(snapshot: Snapshot): void {
    const uses = (this.#uses.get(snapshot) ?? 1) - 1;
    if (uses > 0) {
      this.#uses.set(snapshot, uses);
      return;
    }
    this.#uses.delete(snapshot);
  }

  /** Notes a commit. */
  committed(changes: Change[]): void {
    this.#latest = undefined;
    for (const snapshot of this.#uses.keys()) {
      snapshot.keep(changes);
    }
  }
}

/** Replaces rows, or removes them where there is null, and returns what they replaced. */
function replaceRows(documents: Database["_documents"], rows: Rows): Rows {
  const replaced: Rows = new Map();
  for (const [id, row] of rows) {
    replaced.set(id, documents[id] ?? null);
    if (row === null) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- how convex-test removes a row
      delete documents[id];
    } else {
      documents[id] = row;
    }
  }
  return replaced;
}
