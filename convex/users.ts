import { v } from "convex/values";

import { internal } from "./_generated/api";
import { internalMutation, mutation, query } from "./_generated/server";
import { currentUser, ensureUser } from "./lib/access";
import { documentOf } from "./lib/documents";

/** Projects that one transaction removes; each schedules the removal of its parts. */
const PROJECTS_PER_PASS = 100;

/** Makes the caller's row, or brings its name and address up to date. Call it after signing in. */
export const ensure = mutation({
  args: {},
  returns: v.id("users"),
  handler: async (ctx) => await ensureUser(ctx),
});

/** The caller's row; null before the first `ensure`. */
export const me = query({
  args: {},
  returns: v.union(documentOf("users"), v.null()),
  handler: async (ctx) => await currentUser(ctx),
});

/** Removes the caller's account at once, and all its projects soon after, as `projects.remove` does. */
export const remove = mutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const user = await currentUser(ctx);
    if (user !== null) {
      await ctx.db.delete("users", user._id);
      await ctx.scheduler.runAfter(0, internal.users.purge, { userId: user._id });
    }
    return null;
  },
});

/** Removes the projects of a removed user, some in each transaction. */
export const purge = internalMutation({
  args: { userId: v.id("users") },
  returns: v.null(),
  handler: async (ctx, { userId }) => {
    const ofUser = ctx.db.query("projects").withIndex("by_ownerId", (q) => q.eq("ownerId", userId));
    const projects = await ofUser.take(PROJECTS_PER_PASS);
    for (const { _id: projectId } of projects) {
      await ctx.db.delete("projects", projectId);
      await ctx.scheduler.runAfter(0, internal.projects.purge, { projectId });
    }
    if (projects.length === PROJECTS_PER_PASS) {
      await ctx.scheduler.runAfter(0, internal.users.purge, { userId });
    }
    return null;
  },
});
