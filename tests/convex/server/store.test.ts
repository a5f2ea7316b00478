import fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { Database } from "../../../dev/convex-local/src/internals";
import { Store } from "../../../dev/convex-local/src/store";

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(tmpdir(), "store-"));
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(folder, { recursive: true });
});

/** A store and its database, as the last run left them on disk. */
function opened() {
  const database = { _documents: {}, _nextDocId: 1, _lastCreationTime: 0 } as unknown as Database;
  const store = new Store(database, folder);
  store.restore();
  return { database, store, write: (id: string, row: object | null) => write(store, database, id, row) };
}

function write(store: Store, database: Database, id: string, after: object | null): void {
  const before = database._documents[id] ?? null;
  if (after === null) {
    Reflect.deleteProperty(database._documents, id);
  } else {
    database._documents[id] = { ...after };
  }
  database._nextDocId += 1;
  store.append([{ id, before, after: after && { ...after } }]);
}

const restored = () => opened().database._documents;
const files = () => fs.readdirSync(folder).toSorted();
const logOf = (number: number) => path.join(folder, `log-${number}.jsonl`);

test("appended -> restored: rows that were written, changed and deleted, and the counters", () => {
  const { write, database } = opened();
  write("1rows", { n: 1, big: 7n, bytes: new ArrayBuffer(2) });
  write("2rows", { n: 2 });
  write("1rows", { n: 3 });
  write("2rows", null);
  const again = opened().database;
  expect([again._documents, again._nextDocId]).toEqual([{ "1rows": { n: 3 } }, database._nextDocId]);
});

test("every prefix of the log is the state after one of the commits", () => {
  const { write } = opened();
  const states: object[] = [{}];
  for (let n = 0; n < 5; n += 1) {
    write(`${n}rows`, { n });
    states.push(restored());
  }
  const log = fs.readFileSync(logOf(0));
  for (let size = 0; size <= log.length; size += 1) {
    fs.writeFileSync(logOf(0), log.subarray(0, size));
    const commits = log.subarray(0, size).toString().split("\n").length - 1;
    expect(restored()).toEqual(states[commits]);
  }
});

test("after an incomplete line, later commits are appended where it was", () => {
  opened().write("1rows", { n: 1 });
  fs.appendFileSync(logOf(0), '{"nextDocId": 3, "rows": {"2ro');
  opened().write("3rows", { n: 3 });
  expect(restored()).toEqual({ "1rows": { n: 1 }, "3rows": { n: 3 } });
});

test("a damaged line that is not the last one is an error that names it", () => {
  const { write } = opened();
  write("1rows", { n: 1 });
  write("2rows", { n: 2 });
  const lines = fs.readFileSync(logOf(0), "utf8").split("\n");
  fs.writeFileSync(logOf(0), ["{", ...lines.slice(1)].join("\n"));
  expect(() => opened()).toThrow(/log-0\.jsonl, line 1, is damaged/);
});

test("compacted: the snapshot holds all, one empty log continues it", () => {
  const { write, store } = opened();
  write("1rows", { n: 1 });
  store.compact();
  expect([files(), fs.statSync(logOf(1)).size]).toEqual([["log-1.jsonl", "snapshot.json"], 0]);
  write("2rows", { n: 2 });
  expect(restored()).toEqual({ "1rows": { n: 1 }, "2rows": { n: 2 } });
});

test("a log that outgrows its bound is compacted", () => {
  const { write } = opened();
  for (let n = 0; n < 6; n += 1) {
    write("1rows", { n, text: "x".repeat(1024 * 1024) });
  }
  expect(files()).toEqual(["log-1.jsonl", "snapshot.json"]);
  expect(restored()["1rows"]).toMatchObject({ n: 5 });
});

test.each(["writeFileSync", "openSync", "renameSync", "closeSync", "fsyncSync", "rmSync"] as const)(
  "a compaction that ends at %s leaves the old pair of files or the new one",
  (step) => {
    const { write, store } = opened();
    write("1rows", { n: 1 });
    store.compact();
    write("2rows", { n: 2 });
    const crash = vi.spyOn(fs, step).mockImplementation(() => {
      throw new Error("the process ended");
    });
    expect(() => store.compact()).toThrow("the process ended");
    crash.mockRestore();
    expect(restored()).toEqual({ "1rows": { n: 1 }, "2rows": { n: 2 } });
  },
);

test("a full disk: the commit is refused, no part of it stays, and the next one recovers", () => {
  const { write, store } = opened();
  write("1rows", { n: 1 });
  const { writeSync } = fs;
  const full = vi
    .spyOn(fs, "writeSync")
    .mockImplementationOnce(((fd: number, line: Buffer, offset: number) =>
      writeSync(fd, line, offset, 5, fs.fstatSync(fd).size)) as typeof fs.writeSync);
  full.mockImplementationOnce(() => {
    throw new Error("ENOSPC: no space left on device");
  });
  expect(() => write("2rows", { n: 2 })).toThrow(/nothing was changed: ENOSPC/);
  expect(restored()).toEqual({ "1rows": { n: 1 } });
  vi.restoreAllMocks();
  expect(store.failure()).toBeUndefined();
  write("3rows", { n: 3 });
  expect(restored()).toMatchObject({ "1rows": { n: 1 }, "3rows": { n: 3 } });
});

test("a folder that was deleted is written again as a whole", () => {
  const { write } = opened();
  write("1rows", { n: 1 });
  fs.rmSync(folder, { recursive: true });
  write("2rows", { n: 2 });
  expect(restored()).toEqual({ "1rows": { n: 1 }, "2rows": { n: 2 } });
});

describe("a compaction that fails", () => {
  test.each(["writeFileSync", "renameSync"] as const)(
    "at %s leaves no file behind, and commits are still appended",
    (step) => {
      const { write, database } = opened();
      write("1rows", { n: 1 });
      const failed = vi.spyOn(fs, step).mockImplementation((file: unknown) => {
        if (step === "writeFileSync") {
          fs.closeSync(fs.openSync(file as string, "w"));
        }
        throw new Error("ENOSPC: no space left on device");
      });
      for (let n = 2; n < 8; n += 1) {
        write(`${n}rows`, { n, text: "x".repeat(1024 * 1024) });
      }
      expect([failed.mock.calls.length, files()]).toEqual([1, ["log-0.jsonl"]]);
      expect(restored()).toEqual(database._documents);
    },
  );

  test("is tried again when the log has grown further", () => {
    const { write } = opened();
    const failed = vi.spyOn(fs, "renameSync").mockImplementationOnce(() => {
      throw new Error("ENOSPC: no space left on device");
    });
    for (let n = 0; n < 10; n += 1) {
      write(`${n}rows`, { n, text: "x".repeat(1024 * 1024) });
    }
    expect([failed.mock.calls.length, files()]).toEqual([2, ["log-1.jsonl", "snapshot.json"]]);
  });

  test("with the process leaves a partial snapshot, which the next start removes", () => {
    opened().write("1rows", { n: 1 });
    fs.writeFileSync(path.join(folder, "snapshot.json.partial"), "{");
    expect(restored()).toEqual({ "1rows": { n: 1 } });
    expect(files()).toEqual(["log-0.jsonl"]);
  });
});
