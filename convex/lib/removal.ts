import { Id } from "../_generated/dataModel";
import { MutationCtx } from "../_generated/server";

/** Removes a session with its jobs, and with all that belongs to those. */
export async function removeSession(ctx: MutationCtx, sessionId: Id<"videoSessions">): Promise<void> {
  const jobs = ctx.db.query("jobs").withIndex("by_sessionId", (q) => q.eq("sessionId", sessionId));
  for await (const job of jobs) {
    await removeJob(ctx, job._id);
  }
  await ctx.db.delete("videoSessions", sessionId);
}

async function removeJob(ctx: MutationCtx, jobId: Id<"jobs">): Promise<void> {
  const scenes = ctx.db.query("scenes").withIndex("by_jobId_and_index", (q) => q.eq("jobId", jobId));
  for await (const scene of scenes) {
    await ctx.db.delete("scenes", scene._id);
  }
  const receipts = ctx.db
    .query("jobEvents")
    .withIndex("by_jobId_and_generation_and_sequence", (q) => q.eq("jobId", jobId));
  for await (const receipt of receipts) {
    await ctx.db.delete("jobEvents", receipt._id);
  }
  const requests = ctx.db.query("requests").withIndex("by_jobId", (q) => q.eq("jobId", jobId));
  for await (const request of requests) {
    await ctx.db.delete("requests", request._id);
  }
  await ctx.db.delete("jobs", jobId);
}
