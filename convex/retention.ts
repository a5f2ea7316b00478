import { v } from "convex/values";
import { literals } from "convex-helpers/validators";

import { internal } from "./_generated/api";
import { internalMutation, MutationCtx } from "./_generated/server";
import { ROWS_PER_PASS } from "./lib/removal";

/** How long receipts and answered requests are kept: for looking things up; the order of reports needs neither. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;

/** After this long without a request a user's limit is full again, so its row says nothing. */
const FULL_AGAIN_MS = 60 * 60 * 1000;

const PRUNED = ["jobEvents", "requests", "rateLimits"] as const;
const prunedTable = literals(...PRUNED);

/**
 * Removes receipts and requests that are older than a month, and limits that are full again: each table in transactions
 * of its own, so that a failure in one does not keep the rows of another.
 */
export const prune = internalMutation({
  args: { table: v.optional(prunedTable) },
  returns: v.null(),
  handler: async (ctx, { table }) => {
    if (table === undefined) {
      for (const each of PRUNED) {
        await ctx.scheduler.runAfter(0, internal.retention.prune, { table: each });
      }
    } else if ((await removeFrom(ctx, table)) === ROWS_PER_PASS) {
      await ctx.scheduler.runAfter(0, internal.retention.prune, { table });
    }
    return null;
  },
});

/** Removes rows of one table that are not kept any more; returns how many. */
async function removeFrom(ctx: MutationCtx, table: (typeof PRUNED)[number]): Promise<number> {
  return await (table === "rateLimits" ? removeFullLimits(ctx) : removeOlder(ctx, table, Date.now() - KEEP_MS));
}

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
