import { v } from "convex/values";

import { internal } from "./_generated/api";
import { internalMutation, mutation, query } from "./_generated/server";
import { currentUser, ensureUser, owned, ownedOrNull } from "./lib/access";
import { documentOf, rowsWanted } from "./lib/documents";
import { requireText } from "./lib/errors";
import { MAX_DESCRIPTION, MAX_TITLE } from "./lib/limits";
import { removePart } from "./lib/removal";

/** Makes a project of the caller. */
export const create = mutation({
  args: { title: v.string(), description: v.optional(v.string()) },
  returns: v.id("projects"),
  handler: async (ctx, args) => {
    const ownerId = await ensureUser(ctx);
    const fields = { ...checkedTitle(args.title), ...checkedDescription(args.description) };
    return await ctx.db.insert("projects", { ...fields, ownerId, createdAt: Date.now() });
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
    return await mine.order("desc").take(rowsWanted(limit));
  },
});

/** One project of the caller; null where there is none. */
export const get = query({
  args: { projectId: v.id("projects") },
  returns: v.union(documentOf("projects"), v.null()),
  handler: async (ctx, { projectId }) => await ownedOrNull(ctx, "projects", projectId),
});

/** Changes what is given and leaves the rest. */
export const update = mutation({
  args: { projectId: v.id("projects"), title: v.optional(v.string()), description: v.optional(v.string()) },
  returns: v.null(),
  handler: async (ctx, { projectId, title, description }) => {
    await owned(ctx, "projects", projectId, "projectId");
    const changes = { ...(title !== undefined && checkedTitle(title)), ...checkedDescription(description) };
    await ctx.db.patch("projects", projectId, changes);
    return null;
  },
});

/** Removes a project at once, and its sessions, jobs, their VideoJobs and their scenes soon after. */
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

/** Removes what belonged to a removed project, a part in each transaction. */
export const purge = internalMutation({
  args: { projectId: v.id("projects") },
  returns: v.null(),
  handler: async (ctx, { projectId }) => {
    const ofProject = ctx.db.query("videoSessions").withIndex("by_projectId", (q) => q.eq("projectId", projectId));
    const session = await ofProject.first();
    if (session !== null) {
      await removePart(ctx, session._id);
      await ctx.scheduler.runAfter(0, internal.projects.purge, { projectId });
    }
    return null;
  },
});

function checkedTitle(title: string): { title: string } {
  return { title: requireText("title", title, MAX_TITLE) };
}

function checkedDescription(description: string | undefined): { description?: string } {
  return description === undefined ? {} : { description: requireText("description", description, MAX_DESCRIPTION) };
}
