import { v } from "convex/values";

import { internal } from "./_generated/api";
import { Doc, Id } from "./_generated/dataModel";
import { internalAction, internalMutation, MutationCtx } from "./_generated/server";
import { hasParents } from "./lib/access";
import { callFor } from "./lib/calls";
import { forgetReports, showInJob } from "./lib/jobs";
import { isOpen, laterEdit, MAX_ATTEMPTS, newestGenerate, unreportedWork, waitAfter, writeState } from "./lib/outbox";
import { isRequested, noteApiNamespace } from "./lib/targets";
import { Call, post, Reply } from "./lib/videotutorApi";
import { TERMINAL } from "./phases";

const reply = v.union(
  v.object({ kind: v.literal("accepted"), namespace: v.optional(v.string()) }),
  v.object({ kind: v.literal("superseded") }),
  v.object({ kind: v.literal("rejected"), message: v.string(), isGone: v.optional(v.literal(true)) }),
  v.object({ kind: v.literal("unanswered"), message: v.string() }),
);

/** What users read when a call was given up. */
const EXPIRED = "The video service did not answer for a day. Try again.";

/** Sends one request to the API. At most once, as Convex runs actions: `redispatch` watches over it. */
export const dispatch = internalAction({
  args: { requestId: v.id("requests") },
  returns: v.null(),
  handler: async (ctx, { requestId }) => {
    const call: Call | null = await ctx.runMutation(internal.outbox.claim, { requestId });
    if (call !== null) {
      const answer: Reply = await post(call);
      await ctx.runMutation(internal.outbox.settle, { requestId, reply: answer });
    }
    return null;
  },
});

/** Counts an attempt and returns what to send; null when there is nothing to send, or not yet. */
export const claim = internalMutation({
  args: { requestId: v.id("requests") },
  returns: v.union(v.object({ path: v.string(), body: v.record(v.string(), v.any()) }), v.null()),
  handler: async (ctx, { requestId }): Promise<Call | null> => {
    const request = await openRequest(ctx, requestId);
    if (request === null || (await isSuperseded(ctx, request))) {
      return null;
    }
    const job = request.jobId ? await ctx.db.get("jobs", request.jobId) : null;
    const call = callFor(request, job);
    if (call === null || (request.notBefore ?? 0) > Date.now() || (job && (await isHeld(ctx, request, job)))) {
      return null;
    }
    await writeState(ctx, request, { status: "dispatched", attempts: request.attempts + 1, sentAt: Date.now() });
    return call;
  },
});

/** Writes down what the API answered. */
export const settle = internalMutation({
  args: { requestId: v.id("requests"), reply },
  returns: v.null(),
  handler: async (ctx, { requestId, reply }) => {
    if (reply.kind === "accepted" && reply.namespace !== undefined) {
      await noteApiNamespace(ctx, reply.namespace);
      await bindJob(ctx, requestId, reply.namespace); // also where the request was ended before
    }
    const request = await openRequest(ctx, requestId);
    if (request === null) {
      return null;
    }
    if (request.body.kind === "delete" && reply.kind === "accepted" && (await deletesAgain(ctx, request))) {
      return null;
    }
    switch (reply.kind) {
      case "accepted":
      case "superseded":
        await writeState(ctx, request, { status: reply.kind, message: undefined });
        await showTrouble(ctx, request, undefined);
        break;
      case "unanswered":
        if (!(await isSuperseded(ctx, request))) {
          await writeState(ctx, request, { status: "queued", message: reply.message });
          await showTrouble(ctx, request, reply.message);
        }
        break;
      case "rejected":
        await end(ctx, request, "rejected", reply.message);
        if (reply.isGone) {
          await endLost(ctx, request, reply.message);
        }
        break;
    }
    return null;
  },
});

/**
 * The watchdog: sends again what has no answer, with growing waits, and gives up in the end. It counts itself: an action
 * that never starts counts no attempt. Calls that were scheduled before this version have no `attempt`.
 */
export const redispatch = internalMutation({
  args: { requestId: v.id("requests"), attempt: v.optional(v.number()) },
  returns: v.null(),
  handler: async (ctx, { requestId, attempt }) => {
    const request = await openRequest(ctx, requestId);
    if (request === null) {
      return null;
    }
    const done = attempt ?? request.attempts;
    if (done >= MAX_ATTEMPTS) {
      await end(ctx, request, "expired", EXPIRED);
      return null;
    }
    await ctx.scheduler.runAfter(0, internal.outbox.dispatch, { requestId });
    await ctx.scheduler.runAfter(waitAfter(done), internal.outbox.redispatch, { requestId, attempt: done + 1 });
    return null;
  },
});

async function openRequest(ctx: MutationCtx, requestId: Id<"requests">): Promise<Doc<"requests"> | null> {
  const request = await ctx.db.get("requests", requestId);
  return request && isOpen(request) ? request : null;
}

/** Whether a later edit of its scene makes another attempt needless; then the request ends here. */
async function isSuperseded(ctx: MutationCtx, request: Doc<"requests">): Promise<boolean> {
  const supersededBy = request.supersededBy ?? (await laterEdit(ctx, request))?._id;
  if (supersededBy === undefined) {
    return false;
  }
  await ctx.db.patch("requests", request._id, { supersededBy });
  await writeState(ctx, request, { status: "superseded", message: undefined });
  return true;
}

/**
 * Whether a request about a job is not sent now: its project, session or VideoJob is being removed, the call that makes
 * the VideoJob has no answer yet, or a cancellation would overtake the retry or edit that it is about.
 */
async function isHeld(ctx: MutationCtx, request: Doc<"requests">, job: Doc<"jobs">): Promise<boolean> {
  if (job.deleteRequested || !(await hasParents(ctx, job))) {
    return true;
  }
  const generate = request.body.kind === "generate" ? null : await newestGenerate(ctx, job._id);
  if (generate !== null && isOpen(generate)) {
    return true;
  }
  const isCancel = request.body.kind === "cancel" && TERMINAL.includes(job.phase);
  return isCancel && (await unreportedWork(ctx, job)).some(({ status }) => status === "dispatched");
}

/** Whether a deletion is repeated later, because a call that makes the VideoJob may arrive after this answer. */
async function deletesAgain(ctx: MutationCtx, request: Doc<"requests">): Promise<boolean> {
  const until = request.body.kind === "delete" ? (request.body.lateUntil ?? 0) : 0;
  const wait = until - Date.now();
  if ((request.sentAt ?? 0) >= until) {
    return false;
  }
  await writeState(ctx, request, { status: "queued", notBefore: until });
  await ctx.scheduler.runAfter(Math.max(0, wait), internal.outbox.dispatch, { requestId: request._id });
  return true;
}

/** Ends a request for good. A video that was never begun has failed with it; another one stays as it is. */
async function end(ctx: MutationCtx, request: Doc<"requests">, status: "rejected" | "expired", message: string) {
  await writeState(ctx, request, { status, message });
  const { jobId, body } = request;
  if (body.kind === "delete") {
    console.error(`VideoJob ${body.name} is not deleted (${status}): delete it with kubectl, if it exists`);
  } else if (body.kind === "cancel" && jobId && (await ctx.db.get("jobs", jobId))) {
    await ctx.db.patch("jobs", jobId, { cancelRequested: undefined });
  }
  const job = await unbegunJob(ctx, request);
  if (job !== null) {
    await showInJob(ctx, job, { message, phase: "Failed" });
  }
}

/**
 * Ends a job whose VideoJob does not exist: its last report was lost, and nothing will be reported of it. Its files are
 * gone with it. `jobs.retry` makes a requested one again, and a report about it takes this back.
 */
async function endLost(ctx: MutationCtx, { jobId }: Doc<"requests">, message: string): Promise<void> {
  const job = jobId ? await ctx.db.get("jobs", jobId) : null;
  if (job !== null) {
    await forgetReports(ctx, job);
    await ctx.db.patch("jobs", job._id, { cancelRequested: undefined });
    const phase = job.phase === "Cancelled" ? job.phase : "Failed";
    await showInJob(ctx, job, { phase, message, videoUrl: undefined });
  }
}

/** Shows why a video that was not begun yet waits. Its first report, or the end of the request, replaces the text. */
async function showTrouble(ctx: MutationCtx, request: Doc<"requests">, message: string | undefined): Promise<void> {
  const job = await unbegunJob(ctx, request);
  if (job !== null && job.message !== message) {
    await showInJob(ctx, job, { message });
  }
}

/** The job that a generate is about, as long as no report shows that its VideoJob exists. */
async function unbegunJob(ctx: MutationCtx, { jobId, body }: Doc<"requests">): Promise<Doc<"jobs"> | null> {
  const job = jobId && body.kind === "generate" ? await ctx.db.get("jobs", jobId) : null;
  return job?.uid === undefined ? job : null;
}

/**
 * Binds a job that Convex requested to the namespace in which the API carried a request about it out. What another
 * namespace reported before was about another VideoJob: the row starts again.
 */
async function bindJob(ctx: MutationCtx, requestId: Id<"requests">, namespace: string): Promise<void> {
  const request = await ctx.db.get("requests", requestId);
  const job = request?.jobId ? await ctx.db.get("jobs", request.jobId) : null;
  if (!job || !isRequested(job) || job.namespace === namespace) {
    return;
  }
  await ctx.db.patch("jobs", job._id, { namespace });
  if (job.namespace !== undefined) {
    await forgetReports(ctx, job);
    await showInJob(ctx, job, { phase: "Pending", progress: 0, message: undefined, videoUrl: undefined });
  }
}
