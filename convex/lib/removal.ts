import { Id } from "../_generated/dataModel";
import { MutationCtx } from "../_generated/server";

/** Rows of each table that one transaction removes: far below Convex's limit of 16,000 written rows. */
const ROWS_PER_PASS = 1_000;

/** Removes a part of what a session holds: some rows of one of its jobs, or the session when it has no job left. */
export async function removePart(ctx: MutationCtx, sessionId: Id<"videoSessions">): Promise<void> {
  const jobs = ctx.db.query("jobs").withIndex("by_sessionId", (q) => q.eq("sessionId", sessionId));
  const job = await jobs.first();
  if (job === null) {
    await ctx.db.delete("videoSessions", sessionId);
  } else if (!(await removeRows(ctx, job._id))) {
    await ctx.db.delete("jobs", job._id);
  }
}

/** Removes rows of a job; true when there may be more of them. */
async function removeRows(ctx: MutationCtx, jobId: Id<"jobs">): Promise<boolean> {
  const scenes = await ctx.db
    .query("scenes")
    .withIndex("by_jobId_and_index", (q) => q.eq("jobId", jobId))
    .take(ROWS_PER_PASS);
  const receipts = await ctx.db
    .query("jobEvents")
    .withIndex("by_jobId_and_generation_and_sequence", (q) => q.eq("jobId", jobId))
    .take(ROWS_PER_PASS);
  const requests = await ctx.db
    .query("requests")
    .withIndex("by_jobId", (q) => q.eq("jobId", jobId))
    .take(ROWS_PER_PASS);
  await Promise.all([
    ...scenes.map((row) => ctx.db.delete("scenes", row._id)),
    ...receipts.map((row) => ctx.db.delete("jobEvents", row._id)),
    ...requests.map((row) => ctx.db.delete("requests", row._id)),
  ]);
  return [scenes, receipts, requests].some((rows) => rows.length === ROWS_PER_PASS);
}
