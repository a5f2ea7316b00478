import { makeFunctionReference } from "convex/server";
import { v } from "convex/values";

import { action, mutation, query } from "./_generated/server";
import { addRef } from "./numbers";

const never = () => new Promise<never>(() => undefined);

export const hangInQuery = query({ args: {}, handler: never });
export const hangInMutation = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("numbers", { n: -1 });
    await never();
  },
});
export const hangInAction = action({ args: {}, handler: never });
export const hangInNested = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("numbers", { n: -2 });
    await ctx.runMutation(makeFunctionReference<"mutation">("faults:hangInMutation"), {});
  },
});

/** Writes after its end: its promise is resolved by `wake`. */
let wake: () => void = () => undefined;
export const sleep = mutation({
  args: {},
  handler: async (ctx) => {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
    await ctx.db.insert("numbers", { n: -3 });
  },
});
export const wakeUp = mutation({
  args: {},
  handler: async (ctx) => {
    wake();
    for (let round = 0; round < 20; round += 1) {
      await ctx.db.query("numbers").collect();
    }
    await ctx.db.insert("numbers", { n: 2_003 });
  },
});

export const doNotAwait = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("numbers", { n: 2_004 });
    void ctx.runMutation(addRef, { n: -4 });
  },
});
export const doNotAwaitToTheEnd = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("numbers", { n: -5 });
    void ctx.runMutation(makeFunctionReference<"mutation">("faults:hangInMutation"), {});
    for (let round = 0; round < 20; round += 1) {
      await crypto.subtle.digest("SHA-256", new Uint8Array(1));
    }
  },
});

export const leave = action({
  args: { how: v.string() },
  handler: (_ctx, { how }) => {
    if (how === "rejection") {
      void Promise.reject(new Error("nothing catches this"));
    } else if (how === "timer") {
      setTimeout(() => {
        throw new Error("nothing catches this either");
      }, 0);
    } else {
      process.exit(1);
    }
  },
});

export const throwNothing = mutation({
  args: {},
  handler: () => {
    throw Object.create(null) as Error;
  },
});
