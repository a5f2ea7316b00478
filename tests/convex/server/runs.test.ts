import type { UserIdentity } from "convex/server";
import { expect, test, vi } from "vitest";

import { ANONYMOUS, type Caller } from "../../../dev/convex-local/src/caller";
import type { Host } from "../../../dev/convex-local/src/host";
import { Runs, type Query } from "../../../dev/convex-local/src/runs";
import { Snapshot } from "../../../dev/convex-local/src/snapshots";

/** Runs on one snapshot of a host whose queries return the number of the run. */
function someRuns() {
  const call = vi.fn(() => Promise.resolve({ ok: true, value: call.mock.calls.length }));
  const reads = { record: async (_reads: unknown, _snapshot: unknown, work: () => Promise<unknown>) => await work() };
  const runs = new Runs({ call, reads } as unknown as Host);
  const snapshot = new Snapshot();
  return { run: async (query: Query, caller: Caller) => await runs.run(snapshot, query, caller) };
}

function user(subject: string): Caller {
  const identity = { subject, issuer: "https://issuer.test", tokenIdentifier: `i|${subject}` } as UserIdentity;
  return { kind: "user", identity, expires: Date.now() + 60_000 };
}

const QUERY = { path: "jobs:get", args: { id: "1" }, journal: null };

test.each([
  ["the same query and caller", QUERY, ANONYMOUS, 1],
  ["other arguments", { ...QUERY, args: { id: "2" } }, ANONYMOUS, 2],
  ["another function", { ...QUERY, path: "jobs:list" }, ANONYMOUS, 2],
  ["another journal", { ...QUERY, journal: "x" }, ANONYMOUS, 2],
  ["an administrator", QUERY, { kind: "admin" } as const, 2],
  ["a user", QUERY, user("alice"), 2],
])("%s", async (_what, query, caller, expected) => {
  const runs = someRuns();
  await runs.run(QUERY, ANONYMOUS);
  expect((await runs.run(query, caller)).outcome).toEqual({ ok: true, value: expected });
});

test("two users have runs of their own, one user with two tokens has one", async () => {
  const runs = someRuns();
  const callers = [user("alice"), user("bob"), { ...user("alice"), expires: 0 } as Caller];
  const results = await Promise.all(callers.map((caller) => runs.run(QUERY, caller)));
  expect(results.map(({ text }) => JSON.parse(text) as unknown)).toMatchObject([
    { value: 1 },
    { value: 2 },
    { value: 1 },
  ]);
});
