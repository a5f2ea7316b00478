import { Infer } from "convex/values";

import { internal } from "../_generated/api";
import { Doc, Id } from "../_generated/dataModel";
import { MutationCtx, QueryCtx } from "../_generated/server";
import { requestBody } from "./validators";

/**
 * Attempts at one call before it is given up. With the waits below that is after a day: a wrong secret or address, or
 * an API that is down, is a matter of hours, and must not fail a user's video for good.
 */
export const MAX_ATTEMPTS = 100;

/** How long the API may take to answer. Shorter than the first wait, so that attempts do not overlap. */
export const TIMEOUT_MS = 8_000;

const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 900_000;

/** How long the watchdog waits after so many attempts: doubling, from 10 seconds to 15 minutes. */
export function waitAfter(attempts: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** attempts, LONGEST_WAIT_MS);
}

/** What of a request's row changes while it is on its way. */
export type RequestState = Partial<Pick<Doc<"requests">, "status" | "attempts" | "message" | "sentAt" | "notBefore">>;

/**
 * Puts a call about a job to the API into the outbox. Its `order` is one more than that of the call before: the API
 * ignores an edit that arrives after a later one of its scene. The API recognises repeats.
 */
export async function enqueue(
  ctx: MutationCtx,
  jobId: Id<"jobs">,
  body: Infer<typeof requestBody>,
): Promise<Id<"requests">> {
  const job = await ctx.db.get("jobs", jobId);
  const order = (job?.order ?? 0) + 1;
  const work = isWork(body.kind) && { generation: job?.generation ?? 0 };
  const requestId = await insertRequest(ctx, { jobId, body, order, ...work });
  if (body.kind === "edit") {
    await supersedeEdits(ctx, jobId, body.sceneId, requestId);
  }
  const deprecated = { kind: undefined, status: undefined, attempts: undefined };
  const lastRequest = { id: requestId, kind: body.kind, status: "queued" as const };
  await ctx.db.patch("jobs", jobId, {
    ...deprecated,
    ...(work && { workRequested: Date.now() }),
    order,
    lastRequest,
    updatedAt: Date.now(),
  });
  return requestId;
}

/**
 * Writes a request and schedules its first attempt. Convex runs a scheduled action at most once, so the same transaction
 * schedules a watchdog, which sends again while there is no answer.
 */
export async function insertRequest(
  ctx: MutationCtx,
  fields: Pick<Doc<"requests">, "body" | "order" | "generation"> & { jobId?: Id<"jobs"> },
): Promise<Id<"requests">> {
  const now = Date.now();
  const state = { status: "queued" as const, attempts: 0, createdAt: now, updatedAt: now };
  const requestId = await ctx.db.insert("requests", { ...fields, ...state });
  await ctx.scheduler.runAfter(0, internal.outbox.dispatch, { requestId });
  await ctx.scheduler.runAfter(waitAfter(0), internal.outbox.redispatch, { requestId, attempt: 1 });
  return requestId;
}

/** Whether a request has no final state yet. */
export function isOpen({ status }: Doc<"requests">): boolean {
  return status === "queued" || status === "dispatched";
}

/** The newest call that makes a job's VideoJob; null for a foreign one, and once it is too old to be kept. */
export async function newestGenerate(ctx: QueryCtx, jobId: Id<"jobs">): Promise<Doc<"requests"> | null> {
  const generates = ctx.db
    .query("requests")
    .withIndex("by_kind_and_jobId", (q) => q.eq("body.kind", "generate").eq("jobId", jobId));
  return await generates.order("desc").first();
}

const WORK = ["edit", "retry"] as const;

/** Requests of one kind that are searched for work that no report shows. */
const MAX_WORK = 20;

/** Longest time that work counts which no report shows: an accepted request is reported within seconds. */
const LONGEST_WORK_MS = 24 * 60 * 60 * 1000;

/** Work that was requested before this time does not count any more. */
export function oldestWork(): number {
  return Date.now() - LONGEST_WORK_MS;
}

function isWork(kind: Doc<"requests">["body"]["kind"]): boolean {
  return kind === "edit" || kind === "retry";
}

/** The edits and retries of a job without an answer, or without a report since they were accepted; newest first. */
export async function unreportedWork(
  ctx: QueryCtx,
  { _id: jobId, generation }: Pick<Doc<"jobs">, "_id" | "generation">,
): Promise<Doc<"requests">[]> {
  const ofKind = async (kind: (typeof WORK)[number]) => {
    const requests = ctx.db
      .query("requests")
      .withIndex("by_kind_and_jobId", (q) => q.eq("body.kind", kind).eq("jobId", jobId));
    return await requests.order("desc").take(MAX_WORK);
  };
  const found = (await Promise.all(WORK.map(ofKind))).flat();
  const isUnreported = (request: Doc<"requests">) =>
    isOpen(request) || (request.status === "accepted" && (request.generation ?? -1) >= generation);
  return found.filter(isUnreported);
}

/** Writes down that a job has no unreported work any more, where that is so. */
export async function noteWorkDone(ctx: MutationCtx, job: Doc<"jobs">): Promise<void> {
  if (job.workRequested !== undefined && (await unreportedWork(ctx, job)).length === 0) {
    await ctx.db.patch("jobs", job._id, { workRequested: undefined });
  }
}

/** Requests that wait for the answer to another one; more are sent by their watchdogs. */
const MAX_WOKEN = 20;

/** Sends the requests of a job that waited until another one was answered. */
async function wake(ctx: MutationCtx, jobId: Id<"jobs">): Promise<void> {
  const waiting = await ctx.db
    .query("requests")
    .withIndex("by_status_and_jobId_and_sceneId", (q) => q.eq("status", "queued").eq("jobId", jobId))
    .take(MAX_WOKEN);
  for (const { _id: requestId } of waiting) {
    await ctx.scheduler.runAfter(0, internal.outbox.dispatch, { requestId });
  }
}

/** Writes a request's state, and shows it in its job if that has no later request. */
export async function writeState(ctx: MutationCtx, request: Doc<"requests">, state: RequestState): Promise<void> {
  const updatedAt = Date.now();
  await ctx.db.patch("requests", request._id, { ...state, updatedAt });
  const job = request.jobId ? await ctx.db.get("jobs", request.jobId) : null;
  if (job?.lastRequest?.id === request._id) {
    const { id, kind, status } = { ...job.lastRequest, ...(state.status && { status: state.status }) };
    const message = "message" in state ? state.message : job.lastRequest.message;
    const lastRequest = { id, kind, status, ...(message !== undefined && { message }) };
    await ctx.db.patch("jobs", job._id, { lastRequest, updatedAt });
  }
  if (job && !isOpen({ ...request, ...state })) {
    if (request.body.kind === "generate" || (isWork(request.body.kind) && job.cancelRequested)) {
      await wake(ctx, job._id);
    }
    await noteWorkDone(ctx, job);
  }
}

/** Open edits of one scene that are ended at once. More than two are in deployments of an earlier version only. */
const MAX_SUPERSEDED = 100;

/**
 * Ends what is left of the edits of a scene that came before this one. Those that wait to be sent are not sent any more.
 * Those that were sent are marked, so that they are not sent again, and the API's answer says what became of them.
 */
async function supersedeEdits(ctx: MutationCtx, jobId: Id<"jobs">, sceneId: string, supersededBy: Id<"requests">) {
  for (const status of ["queued", "dispatched"] as const) {
    const edits = editsOf(ctx, jobId, sceneId, status).take(MAX_SUPERSEDED + 1);
    for (const { _id } of (await edits).filter((edit) => edit._id !== supersededBy)) {
      const ended = status === "queued" && { status: "superseded" as const, updatedAt: Date.now() };
      await ctx.db.patch("requests", _id, { supersededBy, ...ended });
    }
  }
}

/**
 * The newest edit of the same scene, where it came after an edit without `order`: earlier versions did not end the edit
 * before, and the API orders edits without it by the time of their last attempt.
 */
export async function laterEdit(ctx: QueryCtx, request: Doc<"requests">): Promise<Doc<"requests"> | null> {
  const { jobId, body, order, _creationTime } = request;
  if (body.kind !== "edit" || jobId === undefined || order !== undefined) {
    return null;
  }
  for (const status of ["queued", "dispatched", "accepted"] as const) {
    const newest = await editsOf(ctx, jobId, body.sceneId, status).first();
    if (newest !== null && newest._creationTime > _creationTime) {
      return newest;
    }
  }
  return null;
}

/** The edits of a scene in one state, newest first. */
function editsOf(ctx: QueryCtx, jobId: Id<"jobs">, sceneId: string, status: Doc<"requests">["status"]) {
  const edits = ctx.db
    .query("requests")
    .withIndex("by_status_and_jobId_and_sceneId", (q) =>
      q.eq("status", status).eq("jobId", jobId).eq("body.sceneId", sceneId),
    );
  return edits.order("desc");
}
