import { v } from "convex/values";

import { query } from "./_generated/server";
import { owned } from "./lib/access";
import { documentOf, rowsWanted } from "./lib/documents";

/** The requests about a job of the caller, newest first: what was requested, and what became of it. */
export const listByJob = query({
  args: { jobId: v.id("jobs"), limit: v.optional(v.number()) },
  returns: v.array(documentOf("requests")),
  handler: async (ctx, { jobId, limit }) => {
    await owned(ctx, "jobs", jobId, "jobId");
    const requests = ctx.db.query("requests").withIndex("by_jobId", (q) => q.eq("jobId", jobId));
    return await requests.order("desc").take(rowsWanted(limit));
  },
});
