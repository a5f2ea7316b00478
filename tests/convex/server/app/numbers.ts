import { makeFunctionReference } from "convex/server";
import { v } from "convex/values";

import { mutation, query } from "./_generated/server";

export const add = mutation({
  args: { n: v.number(), text: v.optional(v.string()) },
  handler: async (ctx, args) => await ctx.db.insert("numbers", args),
});

export const list = query({
  args: {},
  handler: async (ctx) => {
    const rows = await ctx.db.query("numbers").withIndex("by_n").collect();
    return rows.map(({ n }) => n);
  },
});

export const addRef = makeFunctionReference<"mutation", { n: number; text?: string }, string>("numbers:add");
export const listRef = makeFunctionReference<"query", Record<string, never>, number[]>("numbers:list");
