import { Doc, Id } from "../_generated/dataModel";
import { MutationCtx } from "../_generated/server";
import { hasParents } from "./access";
import { Event } from "./events";
import { isNamespaceAllowed } from "./settings";

/** Why a report is not applied at all. */
export type Refusal = "unknown session" | "namespace not allowed";

/** The session that a report writes into, and the VideoJob's row; null before the first report of a foreign one. */
export type Target = { session: Doc<"videoSessions">; job: Doc<"jobs"> | null };

/** Rows of one name that are searched for the uid of a report without a namespace. */
const MAX_NAMESAKES = 100;

/** Whether Convex requested the VideoJob; a foreign one was made by kubectl, GitOps or the REST API. */
export function isRequested(job: Doc<"jobs">): boolean {
  return job.requestId !== undefined;
}

/** Writes down which namespace the API works in. */
export async function noteApiNamespace(ctx: MutationCtx, namespace: string): Promise<void> {
  const known = await ctx.db.query("apiNamespaces").first();
  if (known === null) {
    await ctx.db.insert("apiNamespaces", { namespace });
  } else if (known.namespace !== namespace) {
    await ctx.db.patch("apiNamespaces", known._id, { namespace });
  }
}

/**
 * Whether the API can change a job's VideoJob: it knows VideoJobs of its own namespace only, by name. Foreign ones of an
 * older operator, which reported no namespace, count as such.
 */
export async function isReachable(ctx: MutationCtx, job: Doc<"jobs">): Promise<boolean> {
  if (isRequested(job) || job.namespace === undefined) {
    return true;
  }
  return (await ctx.db.query("apiNamespaces").first())?.namespace === job.namespace;
}

/**
 * The rows that a report may write, or why there are none. A VideoJob is identified by namespace and name, so one of
 * another namespace is another VideoJob; it writes into a session only where `VIDEOTUTOR_FOREIGN_NAMESPACES` allows it.
 */
export async function targetOf(ctx: MutationCtx, event: Event): Promise<Target | Refusal> {
  const job = await jobOf(ctx, event);
  const session = await sessionOf(ctx, event, job);
  if (session === null) {
    return "unknown session";
  }
  return mayWrite(event, job) ? { session, job } : "namespace not allowed";
}

/** The row of a VideoJob in a namespace; with undefined, the row of that name that is not bound to one yet. */
async function jobNamed(ctx: MutationCtx, namespace: string | undefined, name: string): Promise<Doc<"jobs"> | null> {
  const rows = await ctx.db
    .query("jobs")
    .withIndex("by_namespace_and_name", (q) => q.eq("namespace", namespace).eq("name", name))
    .take(2); // two, if a VideoJob that Convex requested replaced a foreign one of its name
  return rows.find(isRequested) ?? rows[0] ?? null;
}

async function jobOf(ctx: MutationCtx, event: Event): Promise<Doc<"jobs"> | null> {
  const unbound = async () => {
    const job = await jobNamed(ctx, undefined, event.name);
    return job && mayBind(ctx, event, job) ? job : null;
  };
  if (event.namespace !== undefined) {
    return (await jobNamed(ctx, event.namespace, event.name)) ?? (await unbound());
  }
  return (await unbound()) ?? (await boundJob(ctx, event));
}

/**
 * Whether a report is about an unbound row. One that names a namespace binds the row, so it must name the job's session
 * and, where the row has a uid, be about that very VideoJob: a finished video of an earlier version is never reported
 * again, and another namespace must not take its row.
 */
function mayBind(ctx: MutationCtx, event: Event, job: Doc<"jobs">): boolean {
  if (event.namespace !== undefined && job.uid !== undefined && event.uid !== job.uid) {
    return false;
  }
  const isSame = event.namespace === undefined && event.sessionId === undefined && event.uid === job.uid;
  return isSame || sessionIdOf(ctx, event) === job.sessionId;
}

/** The bound row that a report of an older operator, without a namespace, is about: recognised by its uid. */
async function boundJob(ctx: MutationCtx, event: Event): Promise<Doc<"jobs"> | null> {
  const rows = await ctx.db
    .query("jobs")
    .withIndex("by_name", (q) => q.eq("name", event.name))
    .take(MAX_NAMESAKES);
  const isFirst = (job: Doc<"jobs">) => job.uid === undefined && job.sessionId === sessionIdOf(ctx, event);
  return rows.find((job) => job.namespace !== undefined && (job.uid === event.uid || isFirst(job))) ?? null;
}

function sessionIdOf(ctx: MutationCtx, event: Event): Id<"videoSessions"> | null {
  return event.sessionId === undefined ? null : ctx.db.normalizeId("videoSessions", event.sessionId);
}

/** The session of a report; null when it, or its project, does not exist, or contradicts the job or the project. */
async function sessionOf(
  ctx: MutationCtx,
  event: Event,
  job: Doc<"jobs"> | null,
): Promise<Doc<"videoSessions"> | null> {
  const named = event.sessionId === undefined ? job?.sessionId : sessionIdOf(ctx, event);
  const session = named ? await ctx.db.get("videoSessions", named) : null;
  if (session === null || (job !== null && job.sessionId !== session._id) || !(await hasParents(ctx, session))) {
    return null;
  }
  return event.projectId === undefined || event.projectId === session.projectId ? session : null;
}

/** Foreign VideoJobs need an allowed namespace; a row that an older operator's reports made is kept up to date. */
function mayWrite({ namespace }: Event, job: Doc<"jobs"> | null): boolean {
  if (job !== null && isRequested(job)) {
    return true;
  }
  return namespace === undefined ? job !== null : isNamespaceAllowed(namespace);
}
