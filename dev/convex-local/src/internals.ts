import { AsyncLocalStorage } from "node:async_hooks";

import type { GenericDocument } from "convex/server";
import type { JSONValue } from "convex/values";

/**
 * The parts of convex-test that a server needs and that the package keeps to itself. They belong to the exact version
 * that package.json pins; `internalsOf` fails loudly when another version looks different.
 */
export type Internals = {
  transactionManager: {
    begin: (nested: boolean, limits?: unknown) => Promise<void>;
    commit: (nested: boolean) => bigint | null;
    rollback: (nested: boolean) => void;
    restoreWrites: (stashed: unknown) => void;
    getMetricsTracker: () => { trackScheduledFunction: (argsBytes: number) => void } | null;
  };
  components: { "": { db: Database } };
  syscall: (op: string, args: string) => string;
  asyncSyscall: (op: string, args: string) => Promise<string>;
  jsSyscall: (op: string, args: unknown) => Promise<unknown>;
};

/**
 * convex-test's in-memory database. `_writes` holds what the open transaction wrote, one record for each nesting;
 * null stands for a row that is deleted.
 */
export type Database = {
  _documents: Record<string, GenericDocument>;
  /** The rows that queries of the open transaction have still to return; convex-test never removes them. */
  _queryResults: Record<number, GenericDocument[]>;
  _nextDocId: number;
  _lastCreationTime: number;
  _writes: Record<string, GenericDocument | null>[];
  insert: (table: string, row: GenericDocument) => string;
  patch: (table: string, id: string, fields: object) => void;
  delete: (table: string, id: string) => void;
  get: (table: string | undefined, id: string) => GenericDocument | null;
  startQuery: (query: QueryDescription) => number;
  paginate: (page: Page) => PageResult;
};

export type Page = { query: QueryDescription; endCursor?: string | null };

export type PageResult = { isDone: boolean; continueCursor: string; pageStatus: string | null };

/** Which rows a query reads: a whole table, or a range of an index, named as `table.index`. */
export type QueryDescription = {
  source: {
    type?: string;
    tableName?: string;
    indexName?: string;
    range?: { type: string; fieldPath: string; value: JSONValue }[];
  };
};

/**
 * The state behind one `convexTest()` instance. The package holds it in an AsyncLocalStorage of its own, so it is
 * seen as it is put in there, while `touch` makes the instance do something.
 */
export async function internalsOf(touch: () => Promise<unknown>): Promise<Internals> {
  const prototype = AsyncLocalStorage.prototype as { run: (store: unknown, ...rest: unknown[]) => unknown };
  const original = prototype.run;
  let seen: unknown;
  prototype.run = function (this: unknown, store: unknown, ...rest: unknown[]) {
    if (typeof store === "object" && store !== null && "transactionManager" in store) {
      seen ??= store;
    }
    return original.call(this, store, ...rest);
  };
  try {
    await touch();
  } finally {
    prototype.run = original;
  }
  if (!isInternals(seen)) {
    throw new Error("this version of convex-test keeps its state elsewhere: see dev/convex-local/src/internals.ts");
  }
  return seen;
}

function isInternals(seen: unknown): seen is Internals {
  const { transactionManager, components, syscall, asyncSyscall, jsSyscall } = Object(seen) as Partial<
    Record<keyof Internals, Record<string, unknown>>
  >;
  const { db } = Object(components?.[""]) as { db?: Partial<Record<keyof Database, unknown>> };
  const isFunction = (value: unknown) => typeof value === "function";
  const methods = ["begin", "commit", "rollback", "restoreWrites", "getMetricsTracker"].map(
    (name) => transactionManager?.[name],
  );
  const calls = [
    syscall,
    asyncSyscall,
    jsSyscall,
    db?.insert,
    db?.patch,
    db?.delete,
    db?.get,
    db?.startQuery,
    db?.paginate,
  ];
  const known = [...methods, ...calls].every(isFunction);
  return (
    known &&
    db?._documents instanceof Object &&
    db._queryResults instanceof Object &&
    Array.isArray(db._writes) &&
    typeof db._nextDocId === "number"
  );
}
