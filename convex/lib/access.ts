import { Doc, Id } from "../_generated/dataModel";
import { MutationCtx, QueryCtx } from "../_generated/server";
import { failure } from "./errors";
import { anonymousAllowed } from "./settings";

/** Who calls: the part of an identity that is kept. */
export type Caller = { tokenIdentifier: string; name?: string; email?: string };

const ANONYMOUS: Caller = { tokenIdentifier: "anonymous", name: "anonymous" };

/** The caller's identity; without one, "anonymous" where that is allowed, and an error elsewhere. */
export async function requireCaller(ctx: QueryCtx): Promise<Caller> {
  const identity = await ctx.auth.getUserIdentity();
  if (identity) {
    const { tokenIdentifier, name, email } = identity;
    return { tokenIdentifier, ...(name && { name }), ...(email && { email }) };
  }
  if (anonymousAllowed()) {
    return ANONYMOUS;
  }
  throw failure("UNAUTHENTICATED", "sign in first: the call carries no identity");
}

/** The caller's row, or null before the caller's first mutation. */
export async function currentUser(ctx: QueryCtx): Promise<Doc<"users"> | null> {
  const { tokenIdentifier } = await requireCaller(ctx);
  return await userOf(ctx, tokenIdentifier);
}

/** The id of the caller's row, which is made, or brought up to date, where needed. */
export async function ensureUser(ctx: MutationCtx): Promise<Id<"users">> {
  const caller = await requireCaller(ctx);
  const known = await userOf(ctx, caller.tokenIdentifier);
  if (known === null) {
    return await ctx.db.insert("users", caller);
  }
  if (known.name !== caller.name || known.email !== caller.email) {
    await ctx.db.patch("users", known._id, { name: caller.name, email: caller.email });
  }
  return known._id;
}

/** The caller's own row of a table. Rows of others are "not found": their existence is nobody's business. */
export async function owned<T extends "projects" | "videoSessions" | "jobs">(
  ctx: QueryCtx,
  table: T,
  id: Id<T>,
  field: string,
): Promise<Doc<T>> {
  const row = await ownedOrNull(ctx, table, id);
  if (row === null) {
    throw failure("NOT_FOUND", `there is no such row in ${table}, or it is not yours`, field);
  }
  return row;
}

/** As `owned`, but null for what is missing: what a subscription shows while a row goes away. */
export async function ownedOrNull<T extends "projects" | "videoSessions" | "jobs">(
  ctx: QueryCtx,
  table: T,
  id: Id<T>,
): Promise<Doc<T> | null> {
  const user = await currentUser(ctx);
  const row = await ctx.db.get(table, id);
  const owner = (row as { ownerId: Id<"users"> } | null)?.ownerId;
  return user && owner === user._id ? row : null;
}

async function userOf(ctx: QueryCtx, tokenIdentifier: string): Promise<Doc<"users"> | null> {
  return await ctx.db
    .query("users")
    .withIndex("by_tokenIdentifier", (q) => q.eq("tokenIdentifier", tokenIdentifier))
    .unique();
}
