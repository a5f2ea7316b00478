import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

/** A small app of its own, for what videotutor's functions do not do. */
export default defineSchema({
  numbers: defineTable({ n: v.number(), text: v.optional(v.string()) })
    .index("by_n", ["n"])
    .searchIndex("search_text", { searchField: "text" }),
  ticks: defineTable({}),
});
