import { v } from "convex/values";

import { mutation, query } from "./_generated/server";
import { currentUser, ensureUser } from "./lib/access";
import { documentOf } from "./lib/documents";

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
