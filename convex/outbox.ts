import { v } from "convex/values";

import { internal } from "./_generated/api";
import { Doc } from "./_generated/dataModel";
import { internalAction, internalMutation, MutationCtx } from "./_generated/server";
import { Call, post, Reply } from "./lib/videotutorApi";
import { MAX_ATTEMPTS, waitAfter } from "./lib/queue";

const reply = v.union(
  v.object({ kind: v.literal("accepted"), namespace: v.optional(v.string()) }),
  v.object({ kind: v.literal("rejected"), message: v.string() }),
  v.object({ kind: v.literal("unanswered"), message: v.string() }),
);

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

/** Counts an attempt and says what to send; null when there is nothing left to send. */
export const claim = internalMutation({
  args: { requestId: v.id("requests") },
  returns: v.union(v.object({ path: v.string(), body: v.record(v.string(), v.any()) }), v.null()),
  handler: async (ctx, { requestId }): Promise<Call | null> => {
    const request = await openRequest(ctx, requestId);
    const job = request && (await ctx.db.get("jobs", request.jobId));
    if (!job) {
      return null;
    }
    if (await isReplaced(ctx, request)) {
      await end(ctx, request, "rejected", "replaced by a later edit of this scene");
      return null;
    }
    await writeState(ctx, request, { status: "dispatched", attempts: request.attempts + 1 });
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
        await writeState(ctx, request, { status: "accepted" });
        await showTrouble(ctx, request, undefined);
        break;
      case "unanswered":
        await writeState(ctx, request, { status: "queued", message: reply.message });
        await showTrouble(ctx, request, reply.message);
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

/** What users read when a call was given up. */
const EXPIRED = "The video service did not answer for a day. Try again.";

type State = Partial<Pick<Doc<"requests">, "status" | "attempts" | "message">>;

async function openRequest(ctx: MutationCtx, requestId: Doc<"requests">["_id"]): Promise<Doc<"requests"> | null> {
  const request = await ctx.db.get("requests", requestId);
  return request?.status === "queued" || request?.status === "dispatched" ? request : null;
}

/** Whether there is a later edit of the same scene: sent after that one, this one would undo it. */
async function isReplaced(ctx: MutationCtx, { _creationTime, jobId, body }: Doc<"requests">): Promise<boolean> {
  if (body.kind !== "edit") {
    return false;
  }
  const later = ctx.db
    .query("requests")
    .withIndex("by_jobId", (q) => q.eq("jobId", jobId).gt("_creationTime", _creationTime));
  for await (const request of later) {
    if (request.body.kind === "edit" && request.body.sceneId === body.sceneId) {
      return true;
    }
  }
  return false;
}

/** Writes the state to the request and, unless a later edit replaces it, to its job, where users see it. */
async function writeState(ctx: MutationCtx, request: Doc<"requests">, state: State): Promise<void> {
  const updatedAt = Date.now();
  await ctx.db.patch("requests", request._id, { ...state, updatedAt });
  if (!(await isReplaced(ctx, request))) {
    const shown = { status: state.status, attempts: state.attempts ?? request.attempts, kind: request.body.kind };
    await ctx.db.patch("jobs", request.jobId, { ...shown, updatedAt });
  }
}

/** Shows why a video that was not begun yet waits. Its first report, or the end of the request, replaces the text. */
async function showTrouble(ctx: MutationCtx, request: Doc<"requests">, message: string | undefined): Promise<void> {
  const job = await ctx.db.get("jobs", request.jobId);
  if (job && job.uid === undefined && job.message !== message && request.body.kind === "generate") {
    await writeMessage(ctx, job, { message });
  }
}

/**
 * Ends a request for good. A video that was never begun has failed with it; a refused edit leaves the video as it was;
 * a replaced edit is not shown.
 */
async function end(
  ctx: MutationCtx,
  request: Doc<"requests">,
  status: "rejected" | "expired",
  message: string,
): Promise<void> {
  await writeState(ctx, request, { status, message });
  if (await isReplaced(ctx, request)) {
    return;
  }
  const job = await ctx.db.get("jobs", request.jobId);
  if (job !== null) {
    await writeMessage(ctx, job, { message, ...(job.uid === undefined && { phase: "Failed" as const }) });
  }
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
async function bindJob(ctx: MutationCtx, requestId: Doc<"requests">["_id"], namespace?: string): Promise<void> {
  const request = await ctx.db.get("requests", requestId);
  const job = request?.body.kind === "generate" ? await ctx.db.get("jobs", request.jobId) : null;
  if (job && namespace !== undefined && job.namespace !== namespace) {
    const unreported = { uid: undefined, phase: "Pending" as const, progress: 0, generation: 0, sequence: -1 };
    await ctx.db.patch("jobs", job._id, { namespace, ...(job.namespace !== undefined && unreported) });
  }
}

function callFor(request: Doc<"requests">, job: Doc<"jobs">): Call {
  const { projectId, sessionId } = job;
  if (request.body.kind === "edit") {
    const { sceneId, instruction } = request.body;
    const body = { jobId: job.name, sceneId, instruction, projectId, sessionId, requestId: request._id };
    return { path: "/jobs/edit", body };
  }
  const { prompt, sceneCount, options, requestId } = job;
  return { path: "/jobs/generate", body: { ...options, projectId, sessionId, prompt, sceneCount, requestId } };
}
