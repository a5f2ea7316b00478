import { Doc, Id } from "../_generated/dataModel";
import { MutationCtx, QueryCtx } from "../_generated/server";
import { failure } from "./errors";
import { anonymousAllowed } from "./settings";

/** Who calls: the part of an identity that is kept. */
export type Caller = { tokenIdentifier: string; name?: string; email?: string };

/** The user of callers without an identity, in a development deployment that allows them. */
export const ANONYMOUS: Caller = { tokenIdentifier: "anonymous", name: "anonymous" };

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

type OwnedTable = "projects" | "videoSessions" | "jobs";

/**
 * The caller's own row of a table; `NOT_FOUND` for rows of others, which look as if they did not exist, and for what
 * belongs to a removed session or project and is removed soon.
 */
export async function owned<T extends OwnedTable>(ctx: QueryCtx, table: T, id: Id<T>, field: string): Promise<Doc<T>> {
  const row = await ownedOrNull(ctx, table, id);
  if (row === null) {
    throw failure("NOT_FOUND", `there is no such row in ${table}, or it is not yours`, { field });
  }
  return row;
}

/** As `owned`, but null for what is missing: what a subscription shows while a row goes away. */
export async function ownedOrNull<T extends OwnedTable>(ctx: QueryCtx, table: T, id: Id<T>): Promise<Doc<T> | null> {
  const user = await currentUser(ctx);
  const row = await ctx.db.get(table, id);
  const known = row as ({ ownerId: Id<"users"> } & Parents) | null;
  return user && known?.ownerId === user._id && (await hasParents(ctx, known)) ? row : null;
}

type Parents = { projectId?: Id<"projects">; sessionId?: Id<"videoSessions"> };

/** Whether the project of a row, and the session of a job, still exist. */
export async function hasParents(ctx: QueryCtx, row: Parents): Promise<boolean> {
  const { projectId, sessionId } = row;
  if (projectId !== undefined && (await ctx.db.get("projects", projectId)) === null) {
    return false;
  }
  return sessionId === undefined || (await ctx.db.get("videoSessions", sessionId)) !== null;
}

async function userOf(ctx: QueryCtx, tokenIdentifier: string): Promise<Doc<"users"> | null> {
  return await ctx.db
    .query("users")
    .withIndex("by_tokenIdentifier", (q) => q.eq("tokenIdentifier", tokenIdentifier))
    .unique();
}
