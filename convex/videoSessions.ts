import { v } from "convex/values";

import { internal } from "./_generated/api";
import { internalMutation, internalQuery, mutation, query } from "./_generated/server";
import { ensureUser, owned, ownedOrNull } from "./lib/access";
import { documentOf, rowsWanted } from "./lib/documents";
import { requireText } from "./lib/errors";
import { MAX_TITLE } from "./lib/limits";
import { removePart } from "./lib/removal";

/** Makes a session in a project of the caller. It is Idle until `jobs.generate`. */
export const create = mutation({
  args: { projectId: v.id("projects"), title: v.optional(v.string()) },
  returns: v.id("videoSessions"),
  handler: async (ctx, { projectId, title }) => {
    const ownerId = await ensureUser(ctx);
    await owned(ctx, "projects", projectId, "projectId");
    const now = Date.now();
    return await ctx.db.insert("videoSessions", {
      projectId,
      ownerId,
      ...(title !== undefined && { title: requireText("title", title, MAX_TITLE) }),
      status: "Idle",
      progress: 0,
      createdAt: now,
      updatedAt: now,
    });
  },
});

/** The sessions of a project of the caller, newest first. */
export const listByProject = query({
  args: { projectId: v.id("projects"), limit: v.optional(v.number()) },
  returns: v.array(documentOf("videoSessions")),
  handler: async (ctx, { projectId, limit }) => {
    await owned(ctx, "projects", projectId, "projectId");
    const sessions = ctx.db.query("videoSessions").withIndex("by_projectId", (q) => q.eq("projectId", projectId));
    return await sessions.order("desc").take(rowsWanted(limit));
  },
});

/** One session of the caller, with the state of its newest job; null where there is none. */
export const get = query({
  args: { sessionId: v.id("videoSessions") },
  returns: v.union(documentOf("videoSessions"), v.null()),
  handler: async (ctx, { sessionId }) => await ownedOrNull(ctx, "videoSessions", sessionId),
});

/** Changes the title of a session of the caller. */
export const rename = mutation({
  args: { sessionId: v.id("videoSessions"), title: v.string() },
  returns: v.null(),
  handler: async (ctx, { sessionId, title }) => {
    await owned(ctx, "videoSessions", sessionId, "sessionId");
    await ctx.db.patch("videoSessions", sessionId, { title: requireText("title", title, MAX_TITLE) });
    return null;
  },
});

/** Removes a session at once, and its jobs, their VideoJobs and their scenes soon after. */
export const remove = mutation({
  args: { sessionId: v.id("videoSessions") },
  returns: v.null(),
  handler: async (ctx, { sessionId }) => {
    await owned(ctx, "videoSessions", sessionId, "sessionId");
    await ctx.db.delete("videoSessions", sessionId);
    await ctx.scheduler.runAfter(0, internal.videoSessions.purge, { sessionId });
    return null;
  },
});

/** Removes what belonged to a removed session, a part in each transaction. */
export const purge = internalMutation({
  args: { sessionId: v.id("videoSessions") },
  returns: v.null(),
  handler: async (ctx, { sessionId }) => {
    if (await removePart(ctx, sessionId)) {
      await ctx.scheduler.runAfter(0, internal.videoSessions.purge, { sessionId });
    }
    return null;
  },
});

/** What is wrong with a pair of ids that the API was given; null when the session is one of the project. */
export const check = internalQuery({
  args: { projectId: v.string(), sessionId: v.string() },
  returns: v.object({ fault: v.union(v.string(), v.null()) }),
  handler: async (ctx, args) => {
    const projectId = ctx.db.normalizeId("projects", args.projectId);
    if (projectId === null || (await ctx.db.get("projects", projectId)) === null) {
      return { fault: "unknown project" };
    }
    const sessionId = ctx.db.normalizeId("videoSessions", args.sessionId);
    const session = sessionId && (await ctx.db.get("videoSessions", sessionId));
    if (!session) {
      return { fault: "unknown session" };
    }
    return { fault: session.projectId === projectId ? null : "session is not of this project" };
  },
});
