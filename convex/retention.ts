import { v } from "convex/values";

import { internal } from "./_generated/api";
import { internalMutation, MutationCtx } from "./_generated/server";
import { ROWS_PER_PASS } from "./lib/removal";

/** How long receipts and answered requests are kept: for looking things up; the order of reports needs neither. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;

/** After this long without a request a user's limit is full again, so its row says nothing. */
const FULL_AGAIN_MS = 60 * 60 * 1000;

/** Removes receipts and requests that are older than a month, and limits that are full again, some per transaction. */
export const prune = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const removed = [
      await removeOlder(ctx, "jobEvents", Date.now() - KEEP_MS),
      await removeOlder(ctx, "requests", Date.now() - KEEP_MS),
      await removeFullLimits(ctx),
    ];
    if (removed.includes(ROWS_PER_PASS)) {
      await ctx.scheduler.runAfter(0, internal.retention.prune, {});
    }
    return null;
  },
});

async function removeOlder(ctx: MutationCtx, table: "jobEvents" | "requests", oldest: number): Promise<number> {
  const rows = await ctx.db
    .query(table)
    .withIndex("by_creation_time", (q) => q.lt("_creationTime", oldest))
    .take(ROWS_PER_PASS);
  for (const row of rows) {
    await ctx.db.delete(table, row._id);
  }
  return rows.length;
}

async function removeFullLimits(ctx: MutationCtx): Promise<number> {
  const rows = await ctx.db
    .query("rateLimits")
    .withIndex("by_ts", (q) => q.lt("ts", Date.now() - FULL_AGAIN_MS))
    .take(ROWS_PER_PASS);
  for (const row of rows) {
    await ctx.db.delete("rateLimits", row._id);
  }
  return rows.length;
}
