import { Infer } from "convex/values";

import { internal } from "../_generated/api";
import { Id } from "../_generated/dataModel";
import { MutationCtx } from "../_generated/server";
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

/**
 * Puts a call to the API into the outbox. Convex runs a scheduled action at most once, so the same transaction
 * schedules a watchdog, which sends again while there is no answer; the API recognises the repeat.
 */
export async function enqueue(ctx: MutationCtx, jobId: Id<"jobs">, body: Infer<typeof requestBody>): Promise<void> {
  const now = Date.now();
  const state = { status: "queued" as const, attempts: 0, updatedAt: now };
  const requestId = await ctx.db.insert("requests", { ...state, jobId, body, createdAt: now });
  await ctx.db.patch("jobs", jobId, { ...state, kind: body.kind, message: undefined });
  await ctx.scheduler.runAfter(0, internal.outbox.dispatch, { requestId });
  await ctx.scheduler.runAfter(waitAfter(0), internal.outbox.redispatch, { requestId, attempt: 1 });
}
