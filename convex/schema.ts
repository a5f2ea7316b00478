import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { rateLimitTables } from "convex-helpers/server/rateLimit";

import {
  jobOptions,
  requestBody,
  requestKind,
  requestStatus,
  scenePhase,
  sessionStatus,
  video,
  phase,
} from "./lib/validators";

/**
 * Every table names who writes it: nothing else may, except that the `purge` functions remove all that belonged to a
 * removed session, project or user. Times are milliseconds since 1970.
 */
export default defineSchema({
  /** Written by `users.ensure`, and by a user's first mutation. One row for each identity. */
  users: defineTable({
    tokenIdentifier: v.string(),
    name: v.optional(v.string()),
    email: v.optional(v.string()),
  }).index("by_tokenIdentifier", ["tokenIdentifier"]),

  /** Written by the owner, through `projects`. */
  projects: defineTable({
    ownerId: v.id("users"),
    title: v.string(),
    description: v.optional(v.string()),
    createdAt: v.number(),
  }).index("by_ownerId", ["ownerId"]),

  /**
   * One conversation about one video. Created by the owner (`videoSessions.create`); from then on it mirrors its
   * newest job, written together with that job: `jobs`, `outbox.settle` and `events.apply`.
   */
  videoSessions: defineTable({
    projectId: v.id("projects"),
    ownerId: v.id("users"),
    title: v.optional(v.string()),
    prompt: v.optional(v.string()),
    status: sessionStatus,
    /** 0 to 100. */
    progress: v.number(),
    message: v.optional(v.string()),
    /** The newest job. */
    jobId: v.optional(v.id("jobs")),
    videoUrl: v.optional(v.string()),
    createdAt: v.number(),
    updatedAt: v.number(),
  }).index("by_projectId", ["projectId"]),

  /**
   * One VideoJob of the cluster. Created by `jobs.generate`, or by `events.apply` for a VideoJob that was made
   * without Convex (kubectl, REST). Everything from `uid` to `reportedAt` is the operator's report (`events.apply`);
   * before the first one `outbox` writes `phase` and `message`.
   */
  jobs: defineTable({
    sessionId: v.id("videoSessions"),
    projectId: v.id("projects"),
    ownerId: v.id("users"),
    /** `requestId` of the call to the API that makes the VideoJob; absent when it was made without Convex. */
    requestId: v.optional(v.string()),
    /** Name of the VideoJob: known before the API is called, because it follows from `requestId`. */
    name: v.string(),
    /**
     * Namespace of the VideoJob, which identifies it together with its name. Written by the first report
     * (`events.apply`) and by the API's answers (`outbox.settle`), which correct it. Reports of others are refused.
     */
    namespace: v.optional(v.string()),
    prompt: v.optional(v.string()),
    sceneCount: v.optional(v.number()),
    options: v.optional(jobOptions),
    /** The caller's key of `jobs.generate`. */
    idempotencyKey: v.optional(v.string()),
    /** Whether the user cancelled it and the operator has not reported an end yet. */
    cancelRequested: v.optional(v.boolean()),
    /** When the newest edit or retry was requested that no report shows yet. Written by `outbox` and `events.apply`. */
    workRequested: v.optional(v.number()),
    /** Whether the deletion of the VideoJob is in the outbox: the row is removed soon. Written by `lib/removal`. */
    deleteRequested: v.optional(v.boolean()),
    /** `order` of the newest request about this job. */
    order: v.optional(v.number()),
    /** The newest request about this job and what became of it: not the state of the video. Written by `outbox`. */
    lastRequest: v.optional(
      v.object({
        id: v.id("requests"),
        kind: requestKind,
        status: requestStatus,
        message: v.optional(v.string()),
      }),
    ),
    /** Deprecated, in rows of earlier versions only: kind, status and attempts of the newest request then. */
    kind: v.optional(requestKind),
    status: v.optional(requestStatus),
    attempts: v.optional(v.number()),
    uid: v.optional(v.string()),
    phase,
    progress: v.number(),
    generation: v.number(),
    sequence: v.number(),
    /** Estimated completion; absent where there is none. */
    estimatedCompletion: v.optional(v.number()),
    message: v.optional(v.string()),
    planner: v.optional(v.string()),
    video: v.optional(video),
    /** When the operator saw the reported state. */
    reportedAt: v.optional(v.number()),
    /** When the video was requested; of a VideoJob that was made without Convex, when that was created. */
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_sessionId", ["sessionId"])
    .index("by_unfinished", ["ownerId", "phase", "cancelRequested", "requestId"])
    .index("by_workRequested", ["ownerId", "cancelRequested", "workRequested"])
    .index("by_idempotencyKey_and_ownerId", ["idempotencyKey", "ownerId"])
    .index("by_name", ["name"])
    .index("by_namespace_and_name", ["namespace", "name"]),

  /**
   * The outbox: calls to the API, and what became of each. Inserted by `lib/outbox`, changed by that and by `outbox`;
   * `retention` removes old ones.
   */
  requests: defineTable({
    /** Absent for `delete`, which outlives the job. */
    jobId: v.optional(v.id("jobs")),
    body: requestBody,
    /** Rises with each request about a job. Absent in rows of earlier versions. */
    order: v.optional(v.number()),
    /** The job's reported generation when an edit or retry was requested: a report of a newer one shows the work. */
    generation: v.optional(v.number()),
    /** The later edit of the same scene, or the cancellation, because of which this one is not sent any more. */
    supersededBy: v.optional(v.id("requests")),
    status: requestStatus,
    attempts: v.number(),
    message: v.optional(v.string()),
    /** When the newest attempt began. */
    sentAt: v.optional(v.number()),
    /** No attempt is made before. */
    notBefore: v.optional(v.number()),
    createdAt: v.number(),
    updatedAt: v.number(),
  })
    .index("by_jobId", ["jobId"])
    .index("by_kind_and_jobId", ["body.kind", "jobId"])
    .index("by_status_and_jobId_and_sceneId", ["status", "jobId", "body.sceneId"]),

  /** One scene of one job. Written by `events.apply` only, and only rows that changed. */
  scenes: defineTable({
    jobId: v.id("jobs"),
    sessionId: v.id("videoSessions"),
    sceneId: v.string(),
    index: v.number(),
    title: v.string(),
    phase: scenePhase,
    /** 0 to 100, as of the newest report: it alone makes none. Absent from older operators. */
    progress: v.optional(v.number()),
    /** When it will be done; only while it runs, and once another scene was measured. */
    estimatedCompletion: v.optional(v.number()),
    durationSeconds: v.optional(v.number()),
    reused: v.optional(v.boolean()),
    message: v.optional(v.string()),
  }).index("by_jobId_and_index", ["jobId", "index"]),

  /**
   * Receipts: one for each event that arrived, whatever came of it. Written by `events.apply` only; `retention`
   * removes old ones.
   */
  jobEvents: defineTable({
    eventId: v.string(),
    jobId: v.id("jobs"),
    name: v.string(),
    generation: v.number(),
    sequence: v.number(),
    phase,
    outcome: v.union(v.literal("applied"), v.literal("stale")),
    at: v.number(),
  })
    .index("by_eventId", ["eventId"])
    .index("by_jobId_and_generation_and_sequence", ["jobId", "generation", "sequence"]),

  /** At most one row: the namespace of the API, as its newest answer says it. Written by `outbox.settle` only. */
  apiNamespaces: defineTable({ namespace: v.string() }),

  /** Written by `lib/limits`: how many requests each user may still make. `retention` removes what is full again. */
  rateLimits: rateLimitTables.rateLimits.index("by_ts", ["ts"]),
});
