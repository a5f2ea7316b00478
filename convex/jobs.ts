import { v } from "convex/values";

import { Doc } from "./_generated/dataModel";
import { mutation, MutationCtx, query } from "./_generated/server";
import { ensureUser, owned, ownedOrNull } from "./lib/access";
import { documentOf } from "./lib/documents";
import { failure, requireInteger, requireText } from "./lib/errors";
import { enqueue } from "./lib/outbox";
import { sha256Hex } from "./lib/signatures";
import { jobOptionFields } from "./lib/validators";

/** Bounds of the VideoJob's schema, checked here too so that the caller hears of them at once. */
const MAX_PROMPT = 10_000;
const MAX_SCENES = 100;
const MAX_INSTRUCTION = 4_000;

/** Asks for a video. The row is there when this returns; the API is called soon after, and again until it answers. */
export const generate = mutation({
  args: { sessionId: v.id("videoSessions"), prompt: v.string(), sceneCount: v.number(), ...jobOptionFields },
  returns: v.id("jobs"),
  handler: async (ctx, { sessionId, prompt, sceneCount, ...options }) => {
    await ensureUser(ctx);
    const session = await owned(ctx, "videoSessions", sessionId, "sessionId");
    const wish = {
      prompt: requireText("prompt", prompt, MAX_PROMPT),
      sceneCount: requireInteger("sceneCount", sceneCount, 1, MAX_SCENES),
    };
    const jobId = await insertJob(ctx, session, { ...wish, options });
    await enqueue(ctx, jobId, { kind: "generate" });
    return jobId;
  },
});

/** Asks for one scene of a session's newest video to be made anew; the other scenes are kept. */
export const edit = mutation({
  args: { sessionId: v.id("videoSessions"), sceneId: v.string(), instruction: v.string() },
  returns: v.id("jobs"),
  handler: async (ctx, { sessionId, sceneId, instruction }) => {
    const session = await owned(ctx, "videoSessions", sessionId, "sessionId");
    const wish = requireText("instruction", instruction, MAX_INSTRUCTION);
    const job = await plannedJob(ctx, session);
    await requireScene(ctx, job, sceneId);
    await enqueue(ctx, job._id, { kind: "edit", sceneId, instruction: wish });
    return job._id;
  },
});

/** One job of the caller; null when there is no such. */
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

type Wish = Pick<Doc<"jobs">, "prompt" | "sceneCount" | "options">;

async function insertJob(ctx: MutationCtx, session: Doc<"videoSessions">, wish: Wish) {
  const now = Date.now();
  const jobId = await ctx.db.insert("jobs", {
    ...wish,
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
  const shown = { prompt: wish.prompt, status: "Pending" as const, progress: 0 };
  const cleared = { message: undefined, videoUrl: undefined };
  await ctx.db.patch("videoSessions", session._id, { ...shown, ...cleared, jobId, updatedAt: now });
  return jobId;
}

/** The name that the API gives the VideoJob of a request: the same rule as `videojob.names.videojob_name`. */
async function videoJobName(requestId: string): Promise<string> {
  return `video-${(await sha256Hex(requestId)).slice(0, 12)}`;
}

async function plannedJob(ctx: MutationCtx, session: Doc<"videoSessions">): Promise<Doc<"jobs">> {
  const job = session.jobId ? await ctx.db.get("jobs", session.jobId) : null;
  if (job?.uid === undefined) {
    throw failure("CONFLICT", "the session has no video yet that could be edited", "sessionId");
  }
  return job;
}

async function requireScene(ctx: MutationCtx, job: Doc<"jobs">, sceneId: string): Promise<void> {
  const scenes = await ctx.db
    .query("scenes")
    .withIndex("by_jobId_and_index", (q) => q.eq("jobId", job._id))
    .collect();
  if (!scenes.some((scene) => scene.sceneId === sceneId)) {
    const known = scenes.map((scene) => scene.sceneId).join(", ") || "none yet";
    throw failure("INVALID_ARGUMENT", `there is no scene "${sceneId}"; scenes of this video: ${known}`, "sceneId");
  }
}
