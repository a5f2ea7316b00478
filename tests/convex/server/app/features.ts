import { createFunctionHandle, paginationOptsValidator } from "convex/server";
import { v } from "convex/values";

import { action, internalMutation, mutation, query } from "./_generated/server";
import { addRef } from "./numbers";

/** As `ConvexError` of another copy of the package `convex`. */
class ConvexErrorOfAnotherCopy extends Error {
  readonly data = { code: "NOPE" };

  constructor() {
    super("nope");
    Object.assign(this, { [Symbol.for("ConvexError")]: true });
  }
}

export const fail = mutation({
  args: {},
  handler: () => {
    throw new ConvexErrorOfAnotherCopy();
  },
});

export const page = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) => await ctx.db.query("numbers").withIndex("by_n").paginate(paginationOpts),
});

export const clear = mutation({
  args: {},
  handler: async (ctx) => {
    for (const { _id } of await ctx.db.query("numbers").collect()) {
      await ctx.db.delete("numbers", _id);
    }
  },
});

export const change = mutation({
  args: { from: v.number(), to: v.union(v.number(), v.null()) },
  handler: async (ctx, { from, to }) => {
    const row = await ctx.db
      .query("numbers")
      .withIndex("by_n", (q) => q.eq("n", from))
      .first();
    if (row && to !== null) {
      await ctx.db.patch("numbers", row._id, { n: to });
    } else if (row) {
      await ctx.db.delete("numbers", row._id);
    }
  },
});

export const addMany = mutation({
  args: { count: v.number() },
  handler: async (ctx, { count }) => {
    for (let n = 0; n < count; n += 1) {
      await ctx.db.insert("numbers", { n });
    }
  },
});

export const scheduleTwice = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.scheduler.runAfter(0, addRef, { n: 9_001 });
    // Far beyond the longest timer of Node.js.
    return await ctx.scheduler.runAfter(90 * 24 * 3_600_000, addRef, { n: 9_002 });
  },
});

export const scheduleAndFail = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.scheduler.runAfter(0, addRef, { n: 9_003 });
    throw new Error("rolled back");
  },
});

export const log = query({
  args: {},
  handler: () => {
    console.log("hello", { n: 1 });
    console.warn("careful");
    return null;
  },
});

export const environment = action({
  args: {},
  handler: () => [process.env.CONVEX_CLOUD_URL, process.env.CONVEX_SITE_URL],
});

let runs = 0;
export const counted = query({
  args: {},
  handler: async (ctx) => {
    runs += 1;
    return (await ctx.db.query("numbers").collect()).length;
  },
});
export const countRuns = action({ args: {}, handler: () => runs });

export const tick = internalMutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("ticks", {});
  },
});
export const ticks = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("ticks").collect()).length,
});

export const uploadUrl = mutation({ args: {}, handler: async (ctx) => await ctx.storage.generateUploadUrl() });
export const store = action({ args: {}, handler: async (ctx) => await ctx.storage.store(new Blob(["x"])) });
export const fileUrl = query({ args: {}, handler: async (ctx) => await ctx.storage.getUrl("x" as never) });
export const search = query({
  args: {},
  handler: async (ctx) =>
    await ctx.db
      .query("numbers")
      .withSearchIndex("search_text", (q) => q.search("text", "x"))
      .collect(),
});
export const handle = query({ args: {}, handler: async () => await createFunctionHandle(addRef) });
