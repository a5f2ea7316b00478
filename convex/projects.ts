import { v } from "convex/values";

import { internal } from "./_generated/api";
import { internalMutation, mutation, query } from "./_generated/server";
import { currentUser, ensureUser, owned, ownedOrNull } from "./lib/access";
import { documentOf, LIST_LIMIT } from "./lib/documents";
import { requireText } from "./lib/errors";
import { removeSession } from "./lib/removal";

const MAX_TITLE = 200;
const MAX_DESCRIPTION = 5_000;

/** Sessions that one transaction removes: far below Convex's limit of 16,000 written rows. */
const SESSIONS_PER_PASS = 4;

/** Makes a project of the caller. */
export const create = mutation({
  args: { title: v.string(), description: v.optional(v.string()) },
  returns: v.id("projects"),
  handler: async (ctx, args) => {
    const ownerId = await ensureUser(ctx);
    return await ctx.db.insert("projects", {
      ...checked(args),
      title: title(args.title),
      ownerId,
      createdAt: Date.now(),
    });
  },
});

/** The caller's projects, newest first. */
export const list = query({
  args: { limit: v.optional(v.number()) },
  returns: v.array(documentOf("projects")),
  handler: async (ctx, { limit }) => {
    const user = await currentUser(ctx);
    if (user === null) {
      return [];
    }
    const mine = ctx.db.query("projects").withIndex("by_ownerId", (q) => q.eq("ownerId", user._id));
    return await mine.order("desc").take(limit ?? LIST_LIMIT);
  },
});

/** One project of the caller; null when there is no such. */
export const get = query({
  args: { projectId: v.id("projects") },
  returns: v.union(documentOf("projects"), v.null()),
  handler: async (ctx, { projectId }) => await ownedOrNull(ctx, "projects", projectId),
});

/** Changes what is given and leaves the rest. */
export const update = mutation({
  args: { projectId: v.id("projects"), title: v.optional(v.string()), description: v.optional(v.string()) },
  returns: v.null(),
  handler: async (ctx, { projectId, ...changes }) => {
    await owned(ctx, "projects", projectId, "projectId");
    await ctx.db.patch("projects", projectId, checked(changes));
    return null;
  },
});

/** Removes a project at once, and its sessions, jobs and scenes soon after. Running VideoJobs go on, unreported. */
export const remove = mutation({
  args: { projectId: v.id("projects") },
  returns: v.null(),
  handler: async (ctx, { projectId }) => {
    await owned(ctx, "projects", projectId, "projectId");
    await ctx.db.delete("projects", projectId);
    await ctx.scheduler.runAfter(0, internal.projects.purge, { projectId });
    return null;
  },
});

/** Removes what belonged to a removed project, a few sessions for each transaction. */
export const purge = internalMutation({
  args: { projectId: v.id("projects") },
  returns: v.null(),
  handler: async (ctx, { projectId }) => {
    const ofProject = ctx.db.query("videoSessions").withIndex("by_projectId", (q) => q.eq("projectId", projectId));
    const sessions = await ofProject.take(SESSIONS_PER_PASS);
    for (const session of sessions) {
      await removeSession(ctx, session._id);
    }
    if (sessions.length === SESSIONS_PER_PASS) {
      await ctx.scheduler.runAfter(0, internal.projects.purge, { projectId });
    }
    return null;
  },
});

function title(text: string): string {
  return requireText("title", text, MAX_TITLE);
}

function checked(fields: { title?: string; description?: string }): { title?: string; description?: string } {
  return {
    ...(fields.title !== undefined && { title: title(fields.title) }),
    ...(fields.description !== undefined && {
      description: requireText("description", fields.description, MAX_DESCRIPTION),
    }),
  };
}
