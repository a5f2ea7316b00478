import { fileURLToPath } from "node:url";

import { ConvexClient } from "convex/browser";
import { makeFunctionReference, type PaginationOptions, type PaginationResult } from "convex/server";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { addRef, listRef } from "./app/numbers";
import { startLocalServer, type LocalServer } from "../support/server";

type Page = PaginationResult<{ n: number }>;
type Change = { add: number } | { remove: number } | { from: number; to: number };

const pageRef = makeFunctionReference<"query", { paginationOpts: PaginationOptions }, Page>("features:page");
const changeRef = makeFunctionReference<"mutation", { from: number; to: number | null }>("features:change");
const clearRef = makeFunctionReference<"mutation">("features:clear");

let server: LocalServer;

beforeAll(async () => {
  server = await startLocalServer({ CONVEX_FUNCTIONS: fileURLToPath(new URL("app", import.meta.url)) });
});

afterAll(async () => {
  await server.end();
});

/** Subscriptions to three pages, each beginning where the one before ended when it was first read. */
async function threePages(client: ConvexClient) {
  const pages: Page[] = [];
  let cursor: string | null = null;
  for (const [index, numItems] of [2, 3, 100].entries()) {
    client.onUpdate(pageRef, { paginationOpts: { numItems, cursor } }, (page) => {
      pages[index] = page;
    });
    await vi.waitFor(() => expect(pages[index]).toBeDefined());
    cursor = pages[index]?.continueCursor ?? null;
  }
  return () => pages.map(({ page }) => page.map(({ n }) => n));
}

async function apply(client: ConvexClient, change: Change): Promise<void> {
  if ("add" in change) {
    await client.mutation(addRef, { n: change.add });
  } else if ("remove" in change) {
    await client.mutation(changeRef, { from: change.remove, to: null });
  } else {
    await client.mutation(changeRef, change);
  }
}

const aNumber = fc.integer({ min: 0, max: 12 });
const aChange: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ add: aNumber }),
  fc.record({ remove: aNumber }),
  fc.record({ from: aNumber, to: aNumber }),
);

test("rows that come, go and move between pages: each row is in exactly one page at every time", async () => {
  const property = fc.asyncProperty(fc.array(aChange, { minLength: 1, maxLength: 12 }), async (changes) => {
    const client = new ConvexClient(server.url, { logger: false });
    try {
      await client.mutation(clearRef, {});
      for (const n of [1, 3, 5, 7, 9, 11]) {
        await client.mutation(addRef, { n });
      }
      const shown = await threePages(client);
      for (const change of changes) {
        await apply(client, change);
        // A mutation returns when the subscriptions of the same client show it.
        expect(shown().flat()).toEqual(await client.query(listRef, {}));
      }
    } finally {
      await client.close();
    }
  });
  await fc.assert(property, { numRuns: 30 });
}, 60_000);

test("a page keeps its end when the row there is deleted, and is not taken for the last one", async () => {
  const client = new ConvexClient(server.url, { logger: false });
  await client.mutation(clearRef, {});
  for (const n of [10, 20, 30, 40]) {
    await client.mutation(addRef, { n });
  }
  const pages: Page[] = [];
  client.onUpdate(pageRef, { paginationOpts: { numItems: 2, cursor: null } }, (page) => void pages.push(page));
  await vi.waitFor(() => expect(pages).toHaveLength(1));
  await client.mutation(changeRef, { from: 20, to: null });
  await client.mutation(addRef, { n: 15 });
  const ends = pages.map(({ isDone, continueCursor }) => ({ isDone, continueCursor }));
  expect(pages.map(({ page }) => page.map(({ n }) => n))).toEqual([[10, 20], [10], [10, 15]]);
  expect(new Set(ends.map((end) => JSON.stringify(end)))).toHaveLength(1);
  expect(ends[0]?.isDone).toBe(false);
  await client.close();
});

test("a client that reconnects continues its pages where they ended", async () => {
  const client = new ConvexClient(server.url, { logger: false });
  await client.mutation(clearRef, {});
  for (const n of [10, 20, 30]) {
    await client.mutation(addRef, { n });
  }
  const pages: number[][] = [];
  client.onUpdate(pageRef, { paginationOpts: { numItems: 2, cursor: null } }, ({ page }) => {
    pages.push(page.map(({ n }) => n));
  });
  await vi.waitFor(() => expect(pages).toEqual([[10, 20]]));
  const { port } = new URL(server.url);
  await server.end("SIGKILL");
  server = await startLocalServer({
    CONVEX_FUNCTIONS: fileURLToPath(new URL("app", import.meta.url)),
    PORT: port,
  });
  for (const n of [1, 2, 3]) {
    await client.mutation(addRef, { n });
  }
  // The page holds all rows before its pinned end: more than the two that were requested.
  await vi.waitFor(() => expect(pages.at(-1)).toEqual([1, 2, 3]));
  await client.close();
});
