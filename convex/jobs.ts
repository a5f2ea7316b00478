import { v } from "convex/values";

import { Doc } from "./_generated/dataModel";
import { mutation, MutationCtx, query } from "./_generated/server";
import { ensureUser, owned, ownedOrNull } from "./lib/access";
import { documentOf } from "./lib/documents";
import { failure, requireInteger, requireText } from "./lib/errors";
import { cancelJob, cancelShown, insertJob, isUnfinished, jobOfKey, retryJob } from "./lib/jobs";
import { countRequest, MAX_IDEMPOTENCY_KEY, MAX_INSTRUCTION, MAX_PROMPT, MAX_SCENES, requireRoom } from "./lib/limits";
import { enqueue } from "./lib/outbox";
import { isReachable } from "./lib/targets";
import { jobOptionFields } from "./lib/validators";

/**
 * Requests a video. The row is there when this returns; the API is called soon after, and again until it answers. An
 * unfinished video that was requested in the same session before is cancelled. A call with the `idempotencyKey` of an
 * earlier one returns the job of that one and makes nothing.
 */
export const generate = mutation({
  args: {
    sessionId: v.id("videoSessions"),
    prompt: v.string(),
    sceneCount: v.number(),
    idempotencyKey: v.optional(v.string()),
    ...jobOptionFields,
  },
  returns: v.id("jobs"),
  handler: async (ctx, { sessionId, prompt, sceneCount, idempotencyKey, ...options }) => {
    const ownerId = await ensureUser(ctx);
    const session = await owned(ctx, "videoSessions", sessionId, "sessionId");
    const spec = {
      prompt: requireText("prompt", prompt, MAX_PROMPT),
      sceneCount: requireInteger("sceneCount", sceneCount, 1, MAX_SCENES),
      options,
      ...(idempotencyKey !== undefined && {
        idempotencyKey: requireText("idempotencyKey", idempotencyKey, MAX_IDEMPOTENCY_KEY),
      }),
    };
    const known = await jobOfKey(ctx, session, spec);
    if (known !== null) {
      return known._id;
    }
    await requireRoom(ctx, ownerId, session.jobId);
    await countRequest(ctx, ownerId);
    await cancelShown(ctx, session);
    const jobId = await insertJob(ctx, session, spec);
    await enqueue(ctx, jobId, { kind: "generate" });
    return jobId;
  },
});

/** Requests that one scene of a session's newest video is made again; the other scenes are kept. */
export const edit = mutation({
  args: { sessionId: v.id("videoSessions"), sceneId: v.string(), instruction: v.string() },
  returns: v.id("jobs"),
  handler: async (ctx, { sessionId, sceneId, instruction }) => {
    const session = await owned(ctx, "videoSessions", sessionId, "sessionId");
    const text = requireText("instruction", instruction, MAX_INSTRUCTION);
    const job = await plannedJob(ctx, session);
    await requireReachable(ctx, job, "sessionId");
    await requireScene(ctx, job, sceneId);
    await requireRoom(ctx, session.ownerId, job._id);
    await countRequest(ctx, session.ownerId);
    await enqueue(ctx, job._id, { kind: "edit", sceneId, instruction: text });
    return job._id;
  },
});

/** Cancels an unfinished video. What is finished of it is kept, and `jobs.retry` continues it. */
export const cancel = mutation({
  args: { jobId: v.id("jobs") },
  returns: v.null(),
  handler: async (ctx, { jobId }) => {
    const job = await owned(ctx, "jobs", jobId, "jobId");
    if (!isUnfinished(job)) {
      throw failure("CONFLICT", `the video is ${job.phase}: there is nothing to cancel`, { field: "jobId" });
    }
    await requireReachable(ctx, job, "jobId");
    if (job.lastRequest?.kind === "cancel" && job.lastRequest.status === "rejected") {
      await countRequest(ctx, job.ownerId);
    }
    await cancelJob(ctx, job);
    return null;
  },
});

/** Makes the newest video of a session again that has failed or was cancelled; no other video is made for it. */
export const retry = mutation({
  args: { jobId: v.id("jobs") },
  returns: v.null(),
  handler: async (ctx, { jobId }) => {
    const job = await owned(ctx, "jobs", jobId, "jobId");
    const session = await owned(ctx, "videoSessions", job.sessionId, "jobId");
    if (session.jobId !== jobId) {
      throw failure("CONFLICT", "the session has a newer video: only that one can be retried", { field: "jobId" });
    }
    await requireReachable(ctx, job, "jobId");
    await requireRoom(ctx, job.ownerId, jobId);
    await countRequest(ctx, job.ownerId);
    await retryJob(ctx, job);
    return null;
  },
});

/** One job of the caller; null where there is none. */
export const get = query({
  args: { jobId: v.id("jobs") },
  returns: v.union(documentOf("jobs"), v.null()),
  handler: async (ctx, { jobId }) => await ownedOrNull(ctx, "jobs", jobId),
});

/** The newest job of a session of the caller; null before there is one. */
export const latest = query({
  args: { sessionId: v.id("videoSessions") },
  returns: v.union(documentOf("jobs"), v.null()),
  handler: async (ctx, { sessionId }) => {
    const { jobId } = await owned(ctx, "videoSessions", sessionId, "sessionId");
    return jobId === undefined ? null : await ctx.db.get("jobs", jobId);
  },
});

async function plannedJob(ctx: MutationCtx, session: Doc<"videoSessions">): Promise<Doc<"jobs">> {
  const job = session.jobId ? await ctx.db.get("jobs", session.jobId) : null;
  if (job?.uid === undefined) {
    throw failure("CONFLICT", "the session has no video yet that could be edited", { field: "sessionId" });
  }
  return job;
}

/** Throws `CONFLICT` for a VideoJob that the API cannot change. */
async function requireReachable(ctx: MutationCtx, job: Doc<"jobs">, field: string): Promise<void> {
  if (!(await isReachable(ctx, job))) {
    const message = `the video was made with kubectl in the namespace "${job.namespace}": change it there`;
    throw failure("CONFLICT", message, { field });
  }
}

async function requireScene(ctx: MutationCtx, job: Doc<"jobs">, sceneId: string): Promise<void> {
  const scenes = await ctx.db
    .query("scenes")
    .withIndex("by_jobId_and_index", (q) => q.eq("jobId", job._id))
    .collect();
  if (!scenes.some((scene) => scene.sceneId === sceneId)) {
    const known = scenes.map((scene) => scene.sceneId).join(", ") || "none yet";
    const message = `there is no scene "${sceneId}"; scenes of this video: ${known}`;
    throw failure("INVALID_ARGUMENT", message, { field: "sceneId" });
  }
}
