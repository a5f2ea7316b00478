import { Infer, v } from "convex/values";
import { literals } from "convex-helpers/validators";

import { Doc, Id } from "./_generated/dataModel";
import { internalMutation, MutationCtx } from "./_generated/server";
import { Event, isNewer, SceneReport } from "./lib/events";
import { noteWorkDone } from "./lib/outbox";
import { isRequested, targetOf } from "./lib/targets";
import { eventFields } from "./lib/validators";
import { TERMINAL } from "./phases";

const outcome = literals("applied", "duplicate", "stale", "unknown session", "namespace not allowed");

/**
 * Applies one report of the operator: recognises repeats, orders reports, writes the job, its scenes and its session.
 * All of it is one transaction, so a report is applied once and whole, or not at all.
 */
export const apply = internalMutation({
  args: eventFields,
  returns: v.object({ outcome }),
  handler: async (ctx, event): Promise<{ outcome: Infer<typeof outcome> }> => {
    if (await alreadyReceived(ctx, event.eventId)) {
      return { outcome: "duplicate" };
    }
    const target = await targetOf(ctx, event);
    if (typeof target === "string") {
      return { outcome: target };
    }
    const { session } = target;
    const job = target.job === null ? await insertForeignJob(ctx, event, session) : await bind(ctx, event, target.job);
    const newer = isNewer(event, job);
    await insertReceipt(ctx, event, job._id, newer ? "applied" : "stale");
    if (!newer) {
      return { outcome: "stale" };
    }
    await writeReport(ctx, event, job);
    if (await isShown(ctx, event, job, session)) {
      await showInSession(ctx, event, job, session);
    }
    return { outcome: "applied" };
  },
});

async function alreadyReceived(ctx: MutationCtx, eventId: string): Promise<boolean> {
  const receipt = await ctx.db
    .query("jobEvents")
    .withIndex("by_eventId", (q) => q.eq("eventId", eventId))
    .unique();
  return receipt !== null;
}

/** The row for a VideoJob that Convex did not request (kubectl, GitOps, REST). */
async function insertForeignJob(ctx: MutationCtx, event: Event, session: Doc<"videoSessions">): Promise<Doc<"jobs">> {
  const now = Date.now();
  const fields = {
    sessionId: session._id,
    projectId: session.projectId,
    ownerId: session.ownerId,
    name: event.name,
    ...(event.namespace !== undefined && { namespace: event.namespace }),
    phase: "Pending" as const,
    progress: 0,
    generation: 0,
    sequence: -1,
    createdAt: instant(event.createdAt) ?? now,
    updatedAt: now,
  };
  const jobId = await ctx.db.insert("jobs", fields);
  return { ...fields, _id: jobId, _creationTime: now };
}

/** Binds a job to the namespace of its first report that has one. */
async function bind(ctx: MutationCtx, { namespace }: Event, job: Doc<"jobs">): Promise<Doc<"jobs">> {
  if (namespace === undefined || job.namespace !== undefined) {
    return job;
  }
  await ctx.db.patch("jobs", job._id, { namespace });
  return { ...job, namespace };
}

/**
 * Whether the session shows this job: the newest that Convex requested, or in a session without one the foreign
 * VideoJob that was created last (by name among those of one second), whatever the order of the reports.
 */
async function isShown(
  ctx: MutationCtx,
  event: Event,
  job: Doc<"jobs">,
  session: Doc<"videoSessions">,
): Promise<boolean> {
  const shown = session.jobId && session.jobId !== job._id ? await ctx.db.get("jobs", session.jobId) : null;
  if (shown === null) {
    return session.jobId === job._id || !isRequested(job);
  }
  if (isRequested(job) || isRequested(shown)) {
    return false;
  }
  const createdAt = instant(event.createdAt) ?? job.createdAt;
  return createdAt === shown.createdAt ? job.name > shown.name : createdAt > shown.createdAt;
}

async function insertReceipt(ctx: MutationCtx, event: Event, jobId: Id<"jobs">, result: "applied" | "stale") {
  const { eventId, name, generation, sequence, phase } = event;
  const receipt = { eventId, jobId, name, generation, sequence, phase, outcome: result, at: Date.now() };
  await ctx.db.insert("jobEvents", receipt);
}

async function writeReport(ctx: MutationCtx, event: Event, job: Doc<"jobs">) {
  const { uid, phase, progress, generation, sequence, message, planner } = event;
  const reported = { uid, phase, progress, generation, sequence, message, planner, video: videoAfter(event, job) };
  const times = { estimatedCompletion: instant(event.estimatedCompletion), reportedAt: instant(event.at) };
  const createdAt = (isRequested(job) ? undefined : instant(event.createdAt)) ?? job.createdAt;
  const ended = TERMINAL.includes(phase) && { cancelRequested: undefined };
  await ctx.db.patch("jobs", job._id, { ...reported, ...times, ...ended, createdAt, updatedAt: Date.now() });
  await noteWorkDone(ctx, { ...job, generation });
  await writeScenes(ctx, event, job);
}

/**
 * The finished video after a report. The API serves it while an edit renders and after one that failed. Older operators
 * report it in `Succeeded` only: until then the known one of the same VideoJob stays.
 */
function videoAfter(event: Event, job: Doc<"jobs">): Doc<"jobs">["video"] {
  const keeps = event.uid === job.uid && event.phase !== "Succeeded";
  return event.video ?? (keeps ? job.video : undefined);
}

async function showInSession(ctx: MutationCtx, event: Event, job: Doc<"jobs">, session: Doc<"videoSessions">) {
  const { phase: status, progress, message } = event;
  const shown = { jobId: job._id, status, progress, message, videoUrl: videoAfter(event, job)?.url };
  await ctx.db.patch("videoSessions", session._id, { ...shown, updatedAt: Date.now() });
}

/** Makes the job's scene rows those of the event, writing only rows that differ. */
async function writeScenes(ctx: MutationCtx, event: Event, job: Doc<"jobs">) {
  const rows = await ctx.db
    .query("scenes")
    .withIndex("by_jobId_and_index", (q) => q.eq("jobId", job._id))
    .collect();
  for (const [index, report] of event.scenes.entries()) {
    const scene = rowOf(report, index);
    const row = rows[index];
    if (row === undefined) {
      await ctx.db.insert("scenes", { ...scene, jobId: job._id, sessionId: job.sessionId });
    } else if (differs(scene, row)) {
      await ctx.db.patch("scenes", row._id, scene);
    }
  }
  for (const row of rows.slice(event.scenes.length)) {
    await ctx.db.delete("scenes", row._id);
  }
}

/** A scene as its row has it. What the report does not say is undefined, so that a patch removes it. */
function rowOf(report: SceneReport, index: number) {
  const { id: sceneId, title, phase, progress, durationSeconds, reused, message } = report;
  const estimatedCompletion = instant(report.estimatedCompletion);
  return { sceneId, index, title, phase, progress, estimatedCompletion, durationSeconds, reused, message };
}

/** A time of a report as rows have it: milliseconds since 1970. */
function instant(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}

function differs(scene: Partial<Doc<"scenes">>, row: Doc<"scenes">): boolean {
  return (Object.keys(scene) as (keyof Doc<"scenes">)[]).some((field) => scene[field] !== row[field]);
}
