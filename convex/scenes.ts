import { v } from "convex/values";

import { query } from "./_generated/server";
import { owned } from "./lib/access";
import { documentOf } from "./lib/documents";

/** The scenes of a session's newest job, in their order; none before it is planned. */
export const listBySession = query({
  args: { sessionId: v.id("videoSessions") },
  returns: v.array(documentOf("scenes")),
  handler: async (ctx, { sessionId }) => {
    const { jobId } = await owned(ctx, "videoSessions", sessionId, "sessionId");
    if (jobId === undefined) {
      return [];
    }
    return await ctx.db
      .query("scenes")
      .withIndex("by_jobId_and_index", (q) => q.eq("jobId", jobId))
      .collect();
  },
});
