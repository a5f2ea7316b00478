import type { GenericDocument } from "convex/server";
import { beforeEach, describe, expect, test } from "vitest";

import type { Database } from "../../../dev/convex-local/src/internals";
import { ReadRecorder, touches, type Change, type ReadSet } from "../../../dev/convex-local/src/reads";
import { Snapshot } from "../../../dev/convex-local/src/snapshots";

let database: Pick<Database, "_documents" | "get" | "startQuery" | "paginate">;
let recorder: ReadRecorder;

beforeEach(() => {
  const rows = ["1jobs", "2jobs", "3users"];
  database = {
    _documents: {},
    get: () => null,
    // As the real one: a scan looks at every row of the table.
    startQuery: () => rows.map((id) => database.get("jobs", id)).length,
    paginate: () => {
      rows.forEach((id) => database.get("jobs", id));
      return { isDone: true, continueCursor: "_end_cursor", pageStatus: null };
    },
  };
  recorder = new ReadRecorder(database as Database);
});

async function readsOf(work: () => unknown): Promise<ReadSet> {
  const reads: ReadSet = [];
  await recorder.record(reads, new Snapshot(), () => Promise.resolve(work()));
  return reads;
}

const row = (fields: object): GenericDocument => ({ ...fields });
const inserted = (id: string, fields: object): Change => ({ id, before: null, after: row(fields) });
const deleted = (id: string, fields: object): Change => ({ id, before: row(fields), after: null });
const changed = (id: string, from: object, to: object): Change => ({ id, before: row(from), after: row(to) });

test("a row that was read touches, another row does not", async () => {
  const reads = await readsOf(() => database.get("jobs", "1jobs"));
  expect(touches([changed("1jobs", { phase: "Pending" }, { phase: "Planning" })], reads)).toBe(true);
  expect(touches([changed("2jobs", { phase: "Pending" }, { phase: "Planning" })], reads)).toBe(false);
});

test("a row that did not exist when it was read touches when it is made", async () => {
  const reads = await readsOf(() => database.get("jobs", "9jobs"));
  expect(touches([inserted("9jobs", {})], reads)).toBe(true);
});

describe.each(["startQuery", "paginate"] as const)("a range of an index, read with %s", (method) => {
  const source = { indexName: "jobs.by_session", range: [{ type: "Eq", fieldPath: "sessionId", value: "s1" }] };
  const range = { source };

  test.each([
    ["a row that enters it", inserted("4jobs", { sessionId: "s1" }), true],
    ["a row that leaves it", deleted("1jobs", { sessionId: "s1" }), true],
    ["a row that moves out of it", changed("1jobs", { sessionId: "s1" }, { sessionId: "s2" }), true],
    ["a row beside it", changed("2jobs", { sessionId: "s2" }, { sessionId: "s3" }), false],
    ["a row of another table", inserted("5users", { sessionId: "s1" }), false],
  ])("%s", async (_which, change, expected) => {
    const reads = await readsOf(() =>
      method === "startQuery" ? database.startQuery(range) : database.paginate({ query: range }),
    );
    expect(touches([change], reads)).toBe(expected);
  });
});

test("a range in which a field is absent holds the rows without it", async () => {
  const range = [{ type: "Eq", fieldPath: "sessionId", value: { $undefined: "" } }];
  const reads = await readsOf(() => database.startQuery({ source: { indexName: "jobs.by_session", range } }));
  expect(touches([inserted("4jobs", {})], reads)).toBe(true);
  expect(touches([inserted("4jobs", { sessionId: "s1" })], reads)).toBe(false);
});

test("a whole table is touched by each of its rows", async () => {
  const reads = await readsOf(() => database.startQuery({ source: { tableName: "jobs" } }));
  expect(touches([inserted("4jobs", {})], reads)).toBe(true);
  expect(touches([inserted("4users", {})], reads)).toBe(false);
});

test("nothing is noted outside a recording", async () => {
  database.get("jobs", "1jobs");
  expect(await readsOf(() => undefined)).toEqual([]);
});
