import { v } from "convex/values";

import { internal } from "./_generated/api";
import { Doc, Id } from "./_generated/dataModel";
import { internalAction, internalMutation, MutationCtx } from "./_generated/server";
import { isOpen, MAX_ATTEMPTS, newestGenerate, waitAfter, writeState } from "./lib/outbox";
import { Call, post, Reply } from "./lib/videotutorApi";

const reply = v.union(
  v.object({ kind: v.literal("accepted"), namespace: v.optional(v.string()) }),
  v.object({ kind: v.literal("superseded") }),
  v.object({ kind: v.literal("rejected"), message: v.string() }),
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
    if (job === null || (await waitsForGenerate(ctx, request, job))) {
      return null;
    }
    await writeState(ctx, request, { status: "dispatched", attempts: request.attempts + 1, sentAt: Date.now() });
    return callFor(request, job);
  },
});

/** Writes down what the API answered. */
export const settle = internalMutation({
  args: { requestId: v.id("requests"), reply },
  returns: v.null(),
  handler: async (ctx, { requestId, reply }) => {
    if (reply.kind === "accepted") {
      await bindJob(ctx, requestId, reply.namespace); // also where a report has shown the acceptance before
    }
    const request = await openRequest(ctx, requestId);
    if (request === null) {
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
  if (request.supersededBy === undefined) {
    return false;
  }
  await writeState(ctx, request, { status: "superseded", message: undefined });
  return true;
}

/** Whether a call about a VideoJob must wait because the call that makes the VideoJob has no answer yet. */
async function waitsForGenerate(ctx: MutationCtx, request: Doc<"requests">, job: Doc<"jobs">): Promise<boolean> {
  const generate = request.body.kind === "generate" ? null : await newestGenerate(ctx, job._id);
  return generate !== null && isOpen(generate);
}

/** Ends a request for good. A video that was never begun has failed with it; another one stays as it is. */
async function end(ctx: MutationCtx, request: Doc<"requests">, status: "rejected" | "expired", message: string) {
  await writeState(ctx, request, { status, message });
  const job = await unbegunJob(ctx, request);
  if (job !== null) {
    await writeMessage(ctx, job, { message, phase: "Failed" });
  }
}

/** Shows why a video that was not begun yet waits. Its first report, or the end of the request, replaces the text. */
async function showTrouble(ctx: MutationCtx, request: Doc<"requests">, message: string | undefined): Promise<void> {
  const job = await unbegunJob(ctx, request);
  if (job !== null && job.message !== message) {
    await writeMessage(ctx, job, { message });
  }
}

/** The job that a generate is about, as long as no report shows that its VideoJob exists. */
async function unbegunJob(ctx: MutationCtx, { jobId, body }: Doc<"requests">): Promise<Doc<"jobs"> | null> {
  const job = jobId && body.kind === "generate" ? await ctx.db.get("jobs", jobId) : null;
  return job?.uid === undefined ? job : null;
}

/** Writes to a job, and to the session that shows it. */
async function writeMessage(
  ctx: MutationCtx,
  job: Doc<"jobs">,
  changes: { message: string | undefined; phase?: "Failed" },
): Promise<void> {
  await ctx.db.patch("jobs", job._id, changes);
  const session = await ctx.db.get("videoSessions", job.sessionId);
  if (session?.jobId === job._id) {
    const { message, phase: status } = changes;
    await ctx.db.patch("videoSessions", session._id, { message, ...(status && { status }), updatedAt: Date.now() });
  }
}

/**
 * Binds the job of an accepted generate to the namespace that the API made its VideoJob in. What another namespace
 * reported before the answer was about another VideoJob: the row starts again.
 */
async function bindJob(ctx: MutationCtx, requestId: Id<"requests">, namespace?: string): Promise<void> {
  const request = await ctx.db.get("requests", requestId);
  const job = request?.jobId && request.body.kind === "generate" ? await ctx.db.get("jobs", request.jobId) : null;
  if (job && namespace !== undefined && job.namespace !== namespace) {
    const unreported = { uid: undefined, phase: "Pending" as const, progress: 0, generation: 0, sequence: -1 };
    await ctx.db.patch("jobs", job._id, { namespace, ...(job.namespace !== undefined && unreported) });
  }
}

function callFor(request: Doc<"requests">, job: Doc<"jobs">): Call {
  const { projectId, sessionId } = job;
  if (request.body.kind === "edit") {
    const { sceneId, instruction } = request.body;
    const { _id: requestId, order } = request; // no order: written before this version
    const body = { jobId: job.name, sceneId, instruction, projectId, sessionId, requestId };
    return { path: "/jobs/edit", body: order === undefined ? body : { ...body, order } };
  }
  const { prompt, sceneCount, options, requestId } = job;
  return { path: "/jobs/generate", body: { ...options, projectId, sessionId, prompt, sceneCount, requestId } };
}
