import { AsyncLocalStorage } from "node:async_hooks";

import type { GenericDocument } from "convex/server";
import { convexToJson, type JSONValue, type Value } from "convex/values";

import type { Database, QueryDescription } from "./internals";
import type { Snapshot } from "./snapshots";

/** One row that a transaction wrote: as it was and as it is; null where it did not, or does not, exist. */
export type Change = { id: string; before: GenericDocument | null; after: GenericDocument | null };

/** Whether a change can alter something that was read. May say yes too often, never no when it does. */
type Read = (change: Change) => boolean;

/** What a query read: single rows, and ranges of tables. */
export type ReadSet = Read[];

/** Notes what queries read on a snapshot, so that only those are run again that a commit can have changed. */
export class ReadRecorder {
  readonly #recording = new AsyncLocalStorage<{ reads: ReadSet; snapshot: Snapshot }>();
  /** Set during a read: the scan of a range looks at every row, but the range itself is what was read. */
  #reading = false;

  constructor(private readonly database: Database) {
    const { get, startQuery, paginate } = database;
    database.get = (table, id) => {
      const read = () => get.call(database, table, id);
      return this.#read((change) => change.id === id, read);
    };
    database.startQuery = (query) => this.#read(rangeOf(query), () => startQuery.call(database, query));
    database.paginate = (page) => this.#read(rangeOf(page.query), () => paginate.call(database, page));
  }

  /** Runs work on the snapshot and notes its reads in the set. */
  async record<T>(reads: ReadSet, snapshot: Snapshot, work: () => Promise<T>): Promise<T> {
    return await this.#recording.run({ reads, snapshot }, work);
  }

  #read<T>(noted: Read, read: () => T): T {
    const recording = this.#recording.getStore();
    if (this.#reading || !recording) {
      return read();
    }
    recording.reads.push(noted);
    this.#reading = true;
    try {
      return recording.snapshot.read(this.database, read);
    } finally {
      this.#reading = false;
    }
  }
}

/** Whether one of the changes can alter what was read. */
export function touches(changes: Change[], reads: ReadSet): boolean {
  return changes.some((change) => reads.some((read) => read(change)));
}

/** A range is its table, and the fields that an index fixes to a value; bounds and filters are left out. */
function rangeOf({ source }: QueryDescription): Read {
  const table = source.tableName ?? source.indexName?.split(".")[0] ?? "";
  const fixed = (source.range ?? []).filter(({ type, fieldPath }) => type === "Eq" && !fieldPath.includes("."));
  const holds = (row: GenericDocument | null) =>
    row !== null && fixed.every(({ fieldPath, value }) => same(row[fieldPath], value));
  return ({ id, before, after }) => id.replace(/^\d+/, "") === table && (holds(before) || holds(after));
}

function same(field: Value | undefined, wanted: JSONValue): boolean {
  const absent = typeof wanted === "object" && wanted !== null && "$undefined" in wanted;
  return field === undefined ? absent : JSON.stringify(convexToJson(field)) === JSON.stringify(wanted);
}
