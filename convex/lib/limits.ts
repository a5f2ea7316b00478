import { defineRateLimits } from "convex-helpers/server/rateLimit";

import { Doc, Id } from "../_generated/dataModel";
import { MutationCtx } from "../_generated/server";
import { PHASES, TERMINAL } from "../phases";
import { ANONYMOUS } from "./access";
import { failure } from "./errors";
import { oldestWork } from "./outbox";

/** Longest texts, in characters. Prompt, scenes and instruction are bounds of the VideoJob's schema, too. */
export const MAX_TITLE = 200;
export const MAX_DESCRIPTION = 5_000;
export const MAX_PROMPT = 10_000;
export const MAX_INSTRUCTION = 4_000;
export const MAX_IDEMPOTENCY_KEY = 200;

export const MAX_SCENES = 100;

/** Videos of one user that are requested and not finished, over all sessions. */
export const MAX_UNFINISHED_JOBS = 10;

/** Calls of `jobs.generate`, `jobs.edit` and `jobs.retry` of one user: so many at once, and per hour. */
export const MAX_REQUESTS_PER_HOUR = 60;

/** Seconds to wait for a video without an estimated completion. */
const UNKNOWN_END_SECONDS = 60;

const HOUR_MS = 3_600_000;

const limits = defineRateLimits({
  requests: { kind: "token bucket", rate: MAX_REQUESTS_PER_HOUR, period: HOUR_MS },
});

/**
 * Counts one request of a user; throws `LIMIT_EXCEEDED` with the time to wait. Counted by identity, so that removing the
 * account resets nothing. The user "anonymous" of a development deployment is every caller, and has no limits.
 */
export async function countRequest(ctx: MutationCtx, ownerId: Id<"users">): Promise<void> {
  const user = await ctx.db.get("users", ownerId);
  if (user === null || isAnonymous(user)) {
    return;
  }
  const { ok, retryAt } = await limits.rateLimit(ctx, { name: "requests", key: user.tokenIdentifier });
  if (!ok) {
    const seconds = Math.max(1, Math.ceil(((retryAt ?? 0) - Date.now()) / 1000));
    const message = `at most ${MAX_REQUESTS_PER_HOUR} requests per hour are allowed; try again in ${seconds} s`;
    throw failure("LIMIT_EXCEEDED", message, { retryAfterSeconds: seconds });
  }
}

/** Throws `LIMIT_EXCEEDED` where a user has `MAX_UNFINISHED_JOBS` unfinished videos beside the one that is replaced. */
export async function requireRoom(ctx: MutationCtx, ownerId: Id<"users">, replaced?: Id<"jobs">): Promise<void> {
  const user = await ctx.db.get("users", ownerId);
  const jobs = user === null || isAnonymous(user) ? [] : await unfinishedJobs(ctx, ownerId);
  const others = new Map(jobs.filter((job) => job._id !== replaced).map((job) => [job._id, job]));
  if (others.size >= MAX_UNFINISHED_JOBS) {
    const ends = [...others.values()].flatMap(({ estimatedCompletion }) => estimatedCompletion ?? []);
    const wait = ends.length === 0 ? UNKNOWN_END_SECONDS : Math.ceil((Math.min(...ends) - Date.now()) / 1000);
    const message = `at most ${MAX_UNFINISHED_JOBS} unfinished videos are allowed; wait for one, or cancel one`;
    throw failure("LIMIT_EXCEEDED", message, { retryAfterSeconds: Math.max(1, wait) });
  }
}

/** Rows of one query that are needed: as many as are allowed, and the one that is replaced. */
const MAX_COUNTED = MAX_UNFINISHED_JOBS + 1;

/**
 * Videos of a user that are not cancelled and either requested here and unfinished, or to be made again by an edit or a
 * retry that no report shows yet. One may be there twice.
 */
async function unfinishedJobs(ctx: MutationCtx, ownerId: Id<"users">): Promise<Doc<"jobs">[]> {
  const unfinished = PHASES.filter((phase) => !TERMINAL.includes(phase));
  const rows = unfinished.map(
    async (phase) =>
      await ctx.db
        .query("jobs")
        .withIndex("by_unfinished", (q) =>
          q.eq("ownerId", ownerId).eq("phase", phase).eq("cancelRequested", undefined).gt("requestId", undefined),
        )
        .take(MAX_COUNTED),
  );
  const again = ctx.db
    .query("jobs")
    .withIndex("by_workRequested", (q) =>
      q.eq("ownerId", ownerId).eq("cancelRequested", undefined).gt("workRequested", oldestWork()),
    )
    .take(MAX_COUNTED);
  return [...(await Promise.all(rows)).flat(), ...(await again)];
}

function isAnonymous(user: Doc<"users">): boolean {
  return user.tokenIdentifier === ANONYMOUS.tokenIdentifier;
}
