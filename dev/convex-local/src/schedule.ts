import { makeFunctionReference, type GenericDocument } from "convex/server";
import type { Value } from "convex/values";

import type { Functions } from "./functions";
import type { Host } from "./host";

/** A row of Convex's own table of scheduled functions. */
type Scheduled = { name: string; args: Record<string, Value>[]; scheduledTime: number; state: { kind: string } };

/**
 * Schedules anew what was scheduled when the last run of the server ended: its timers are gone. As in Convex,
 * mutations that were interrupted run again, and actions that had begun do not.
 */
export async function resumeSchedule(host: Host, functions: Functions): Promise<void> {
  const isScheduled = ([id]: [string, unknown]) => id.endsWith("_scheduled_functions");
  const documents = Object.entries(host.database._documents);
  host.database._documents = Object.fromEntries(documents.filter((entry) => !isScheduled(entry)));
  for (const [, document] of documents.filter(isScheduled)) {
    await resume(host, functions, document as GenericDocument & Scheduled);
  }
}

async function resume(host: Host, functions: Functions, { name, args, scheduledTime, state }: Scheduled) {
  const kind = await functions.kindOf(name, true);
  const interrupted = state.kind === "inProgress" && kind === "mutation";
  if (kind === null || kind === "query" || !(state.kind === "pending" || interrupted)) {
    return;
  }
  await host.backend.run(async (ctx) => {
    await ctx.scheduler.runAt(scheduledTime, makeFunctionReference<"mutation">(name), args[0] ?? {});
  });
}
