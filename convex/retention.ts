import { v } from "convex/values";

import { internal } from "./_generated/api";
import { internalMutation } from "./_generated/server";

/** How long receipts and answered requests are kept: for looking things up; the order of reports needs neither. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;

const ROWS_PER_PASS = 500;

/** Removes receipts and requests that are older than a month, some for each transaction. */
export const prune = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const oldest = Date.now() - KEEP_MS;
    let removed = 0;
    for (const table of ["jobEvents", "requests"] as const) {
      const rows = await ctx.db
        .query(table)
        .withIndex("by_creation_time", (q) => q.lt("_creationTime", oldest))
        .take(ROWS_PER_PASS);
      for (const row of rows) {
        await ctx.db.delete(table, row._id);
      }
      removed = Math.max(removed, rows.length);
    }
    if (removed === ROWS_PER_PASS) {
      await ctx.scheduler.runAfter(0, internal.retention.prune, {});
    }
    return null;
  },
});
