import { compareValues, Value } from "convex/values";

import { internal } from "../_generated/api";
import { Doc, Id } from "../_generated/dataModel";
import { MutationCtx } from "../_generated/server";
import { TERMINAL } from "../phases";
import { failure } from "./errors";
import { enqueue, isOpen, newestGenerate, oldestWork, unreportedWork, writeState } from "./outbox";
import { isRequested } from "./targets";
import { sha256Hex } from "./signatures";

/** What a user requests of a video. */
export type VideoSpec = Required<Pick<Doc<"jobs">, "prompt" | "sceneCount" | "options">> & { idempotencyKey?: string };

/** What a job and the session that shows it have in common, and the session's `videoUrl`. */
type Shown = { message: string | undefined; phase?: Doc<"jobs">["phase"]; progress?: number; videoUrl?: undefined };

/** Writes a job that is the session's newest from now on. Its VideoJob's name follows from its id. */
export async function insertJob(ctx: MutationCtx, session: Doc<"videoSessions">, spec: VideoSpec): Promise<Id<"jobs">> {
  const now = Date.now();
  const jobId = await ctx.db.insert("jobs", {
    ...spec,
    sessionId: session._id,
    projectId: session.projectId,
    ownerId: session.ownerId,
    name: "",
    phase: "Pending",
    progress: 0,
    generation: 0,
    sequence: -1,
    createdAt: now,
    updatedAt: now,
  });
  await ctx.db.patch("jobs", jobId, { requestId: jobId, name: await videoJobName(jobId) });
  const shown = { prompt: spec.prompt, status: "Pending" as const, progress: 0 };
  const cleared = { message: undefined, videoUrl: undefined };
  await ctx.db.patch("videoSessions", session._id, { ...shown, ...cleared, jobId, updatedAt: now });
  return jobId;
}

/** The name that the API gives the VideoJob of a request: the same rule as `videojob.names.videojob_name`. */
async function videoJobName(requestId: string): Promise<string> {
  return `video-${(await sha256Hex(requestId)).slice(0, 12)}`;
}

/** The job that a call with this idempotency key made before; throws `CONFLICT` where the arguments differ. */
export async function jobOfKey(
  ctx: MutationCtx,
  session: Doc<"videoSessions">,
  spec: VideoSpec,
): Promise<Doc<"jobs"> | null> {
  if (spec.idempotencyKey === undefined) {
    return null;
  }
  const known = await ctx.db
    .query("jobs")
    .withIndex("by_idempotencyKey_and_ownerId", (q) =>
      q.eq("idempotencyKey", spec.idempotencyKey).eq("ownerId", session.ownerId),
    )
    .unique();
  if (known === null) {
    return null;
  }
  const { sessionId, prompt, sceneCount, options } = known;
  const before = { sessionId, prompt, sceneCount, options } as Value;
  const now = { sessionId: session._id, prompt: spec.prompt, sceneCount: spec.sceneCount, options: spec.options };
  if (compareValues(before, now) !== 0) {
    const message = "this key was used for another video; use a new key for each video";
    throw failure("CONFLICT", message, { field: "idempotencyKey" });
  }
  return known;
}

/** Whether a video is being made, or an edit or retry is on its way that makes it again. */
export function isUnfinished(job: Doc<"jobs">): boolean {
  return !TERMINAL.includes(job.phase) || (job.workRequested ?? 0) > oldestWork();
}

/**
 * Cancels a video. One that was never handed over is cancelled at once; otherwise the API is called, and `Cancelled` comes
 * with a report. Edits and retries without an answer are not sent any more. A cancellation that is on its way is not
 * repeated.
 */
export async function cancelJob(ctx: MutationCtx, job: Doc<"jobs">): Promise<void> {
  const generate = await newestGenerate(ctx, job._id);
  if (generate && isOpen(generate) && generate.attempts === 0) {
    await writeState(ctx, generate, { status: "superseded", message: undefined });
    await showInJob(ctx, job, { phase: "Cancelled", message: undefined });
    return;
  }
  const work = await unreportedWork(ctx, job);
  const isAtApi = !TERMINAL.includes(job.phase) || work.some(({ attempts }) => attempts > 0);
  for (const request of work.filter(({ status }) => status === "queued")) {
    await writeState(ctx, request, { status: "superseded", message: undefined });
  }
  if (isAtApi && !job.cancelRequested) {
    await ctx.db.patch("jobs", job._id, { cancelRequested: true });
    const supersededBy = await enqueue(ctx, job._id, { kind: "cancel" });
    for (const request of work.filter(isOpen)) {
      await ctx.db.patch("requests", request._id, { supersededBy });
    }
  }
}

/** Cancels the video that a session shows, if Convex requested it and it is not finished. */
export async function cancelShown(ctx: MutationCtx, session: Doc<"videoSessions">): Promise<void> {
  const job = session.jobId ? await ctx.db.get("jobs", session.jobId) : null;
  if (job && isRequested(job) && isUnfinished(job)) {
    await cancelJob(ctx, job);
  }
}

/**
 * Makes a video again that has failed or was cancelled: the same VideoJob, from what it has finished. One that the API
 * never accepted is handed over again. A call that waits for an answer is sent now, and one that no report shows yet is
 * not repeated.
 */
export async function retryJob(ctx: MutationCtx, job: Doc<"jobs">): Promise<void> {
  const generate = await newestGenerate(ctx, job._id);
  if (job.uid === undefined && generate && isOpen(generate)) {
    await ctx.scheduler.runAfter(0, internal.outbox.dispatch, { requestId: generate._id });
    return;
  }
  if (job.phase !== "Failed" && job.phase !== "Cancelled") {
    throw failure("CONFLICT", `the video is ${job.phase}: only a failed or cancelled one can be retried`, {
      field: "jobId",
    });
  }
  if (job.uid === undefined && !isRequested(job)) {
    throw failure("CONFLICT", "the video was not requested here and does not exist any more", { field: "jobId" });
  }
  const before = (await unreportedWork(ctx, job)).find(({ body }) => body.kind === "retry");
  if (before && before.supersededBy === undefined && !job.cancelRequested) {
    await ctx.scheduler.runAfter(0, internal.outbox.dispatch, { requestId: before._id });
    return;
  }
  await ctx.db.patch("jobs", job._id, { cancelRequested: undefined });
  if (job.uid === undefined) {
    await showInJob(ctx, job, { phase: "Pending", progress: 0, message: undefined });
    await enqueue(ctx, job._id, { kind: "generate" });
  } else {
    await enqueue(ctx, job._id, { kind: "retry" });
  }
}

/** Removes what a job's row has from reports, and its scenes: its VideoJob does not exist, or was another one. */
export async function forgetReports(ctx: MutationCtx, { _id: jobId }: Doc<"jobs">): Promise<void> {
  const reported = { uid: undefined, video: undefined, planner: undefined, estimatedCompletion: undefined };
  const order = { generation: 0, sequence: -1, reportedAt: undefined };
  await ctx.db.patch("jobs", jobId, { ...reported, ...order, workRequested: undefined });
  const scenes = ctx.db.query("scenes").withIndex("by_jobId_and_index", (q) => q.eq("jobId", jobId));
  for (const scene of await scenes.collect()) {
    await ctx.db.delete("scenes", scene._id);
  }
}

/** Writes to a job, and to the session that shows it. */
export async function showInJob(ctx: MutationCtx, job: Doc<"jobs">, changes: Shown): Promise<void> {
  const updatedAt = Date.now();
  const { videoUrl: _videoUrl, ...ofJob } = changes;
  await ctx.db.patch("jobs", job._id, { ...ofJob, updatedAt });
  const session = await ctx.db.get("videoSessions", job.sessionId);
  if (session?.jobId === job._id) {
    const { phase: status, ...others } = changes;
    await ctx.db.patch("videoSessions", session._id, { ...others, ...(status && { status }), updatedAt });
  }
}
