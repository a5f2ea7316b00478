import { Doc, Id } from "../_generated/dataModel";
import { MutationCtx } from "../_generated/server";
import { insertRequest } from "./outbox";
import { isReachable } from "./targets";
import { TOLERANCE_SECONDS } from "./signatures";

/**
 * Rows of one table that one transaction removes. The longest row is a request with an instruction of 16 kB, and Convex
 * counts a removed row as read and as written: 100 of them are a fifth of its limit of 16 MiB for each.
 */
export const ROWS_PER_PASS = 100;

/** Calls that made the VideoJob of one job and are looked at: one, and one for each retry of a failed hand-over. */
const MAX_GENERATES = 100;

/**
 * How long after a call was sent the API may still accept it, where a proxy or a busy API held it: as long as its
 * timestamp counts, by two clocks that differ by as much.
 */
export const LATE_CALL_MS = 2 * TOLERANCE_SECONDS * 1_000;

/**
 * Removes a part of what a session holds, and the session when it has no job left; true while there is more. The deletion
 * of a VideoJob is in the outbox before any row of its job is removed, so that no failure here can take it back.
 */
export async function removePart(ctx: MutationCtx, sessionId: Id<"videoSessions">): Promise<boolean> {
  const jobs = ctx.db.query("jobs").withIndex("by_sessionId", (q) => q.eq("sessionId", sessionId));
  const job = await jobs.first();
  if (job === null) {
    if ((await ctx.db.get("videoSessions", sessionId)) !== null) {
      await ctx.db.delete("videoSessions", sessionId);
    }
    return false;
  }
  if (!job.deleteRequested) {
    await ctx.db.patch("jobs", job._id, { deleteRequested: true });
    await deleteVideoJob(ctx, job);
  } else if (!(await removeRows(ctx, job._id))) {
    await ctx.db.delete("jobs", job._id);
  }
  return true;
}

/**
 * Requests the deletion of a job's VideoJob. The request has all that it needs, since the job is removed. Where the call
 * that makes the VideoJob may still arrive at the API, the VideoJob is deleted once more when that is over.
 */
async function deleteVideoJob(ctx: MutationCtx, job: Doc<"jobs">): Promise<void> {
  if (!(await isReachable(ctx, job))) {
    console.error(`VideoJob ${job.namespace}/${job.name} is not in the API's namespace: delete it with kubectl`);
    return;
  }
  const generates = await ctx.db
    .query("requests")
    .withIndex("by_kind_and_jobId", (q) => q.eq("body.kind", "generate").eq("jobId", job._id))
    .order("desc")
    .take(MAX_GENERATES);
  const sent = generates.filter(({ attempts }) => attempts > 0);
  if (job.uid === undefined && generates.length > 0 && sent.length === 0) {
    return; // nothing was ever sent, and nothing will be: `outbox.claim` holds the requests of a job that is removed
  }
  const lateUntil = Math.max(0, ...sent.map(({ sentAt, updatedAt }) => (sentAt ?? updatedAt) + LATE_CALL_MS));
  const { name, projectId, sessionId } = job;
  const about = { kind: "delete" as const, name, projectId, sessionId };
  const body = lateUntil > Date.now() ? { ...about, lateUntil } : about;
  await insertRequest(ctx, { body, order: (job.order ?? 0) + 1 });
}

/** Removes rows of a job from one table, its requests first; true while there may be more of them. */
async function removeRows(ctx: MutationCtx, jobId: Id<"jobs">): Promise<boolean> {
  const requests = await ctx.db
    .query("requests")
    .withIndex("by_jobId", (q) => q.eq("jobId", jobId))
    .order("desc")
    .take(ROWS_PER_PASS);
  if (requests.length > 0) {
    await Promise.all(requests.map((row) => ctx.db.delete("requests", row._id)));
    return true;
  }
  const scenes = await ctx.db
    .query("scenes")
    .withIndex("by_jobId_and_index", (q) => q.eq("jobId", jobId))
    .take(ROWS_PER_PASS);
  if (scenes.length > 0) {
    await Promise.all(scenes.map((row) => ctx.db.delete("scenes", row._id)));
    return true;
  }
  const receipts = await ctx.db
    .query("jobEvents")
    .withIndex("by_jobId_and_generation_and_sequence", (q) => q.eq("jobId", jobId))
    .take(ROWS_PER_PASS);
  await Promise.all(receipts.map((row) => ctx.db.delete("jobEvents", row._id)));
  return receipts.length > 0;
}
