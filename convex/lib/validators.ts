import { v } from "convex/values";
import { literals } from "convex-helpers/validators";

import { PHASES, SCENE_PHASES } from "../phases";

/** Phase of a VideoJob. */
export const phase = literals(...PHASES);

/** Phase of one scene. */
export const scenePhase = literals(...SCENE_PHASES);

/** A session shows the phase of its newest job, and `Idle` before there is one. */
export const sessionStatus = literals("Idle", ...PHASES);

/** What the API is called for. */
export const requestKind = literals("generate", "edit", "cancel", "retry", "delete");

/**
 * State of a call to the API. All but the first two are final. `superseded`: a later request about the same thing took
 * its place. `expired`: there was no answer for a day.
 */
export const requestStatus = literals("queued", "dispatched", "accepted", "rejected", "superseded", "expired");

/** The newest finished video as the operator reports it. While an edit renders it is the one before the edit. */
export const video = v.object({
  url: v.string(),
  /** JPEG; absent from older operators. */
  posterUrl: v.optional(v.string()),
  /** Generation that it was made from; absent where the report does not say it. */
  generation: v.optional(v.number()),
  durationSeconds: v.number(),
  bytes: v.number(),
  sha256: v.string(),
});

/** Options of a video beside the prompt. The VideoJob's schema holds the defaults and the bounds. */
export const jobOptionFields = {
  planner: v.optional(literals("auto", "outline", "template", "llm")),
  language: v.optional(v.string()),
  output: v.optional(
    v.object({
      resolution: v.optional(literals("480p", "720p", "1080p", "1440p", "2160p")),
      draft: v.optional(v.boolean()),
      aspectRatio: v.optional(literals("16:9", "9:16", "1:1")),
      theme: v.optional(literals("chalk", "paper", "contrast")),
    }),
  ),
  narration: v.optional(v.object({ enabled: v.optional(v.boolean()), voice: v.optional(v.string()) })),
};

export const jobOptions = v.object(jobOptionFields);

/**
 * The part of a webhook's body that is kept in the outbox; the rest follows from the job. `delete` outlives its job, so
 * it has everything; it is repeated after `lateUntil`, when no call that makes the VideoJob can arrive any more.
 */
export const requestBody = v.union(
  v.object({ kind: v.literal("generate") }),
  v.object({ kind: v.literal("edit"), sceneId: v.string(), instruction: v.string() }),
  v.object({ kind: v.literal("cancel") }),
  v.object({ kind: v.literal("retry") }),
  v.object({
    kind: v.literal("delete"),
    name: v.string(),
    projectId: v.string(),
    sessionId: v.string(),
    lateUntil: v.optional(v.number()),
  }),
);

/** One scene inside an event. Operators before `progress` and `estimatedCompletion` send neither. */
const sceneReport = v.object({
  id: v.string(),
  title: v.string(),
  phase: scenePhase,
  progress: v.optional(v.number()),
  estimatedCompletion: v.optional(v.string()),
  durationSeconds: v.optional(v.number()),
  reused: v.optional(v.boolean()),
  message: v.optional(v.string()),
});

/** The operator's report of a VideoJob at one sequence number: its whole state, so only the newest matters. */
export const eventFields = {
  eventId: v.string(),
  /** Namespace of the VideoJob, and when it was created; older operators send neither. */
  namespace: v.optional(v.string()),
  createdAt: v.optional(v.string()),
  name: v.string(),
  uid: v.string(),
  projectId: v.optional(v.string()),
  sessionId: v.optional(v.string()),
  generation: v.number(),
  sequence: v.number(),
  phase,
  progress: v.number(),
  estimatedCompletion: v.optional(v.string()),
  message: v.optional(v.string()),
  planner: v.optional(v.string()),
  scenes: v.array(sceneReport),
  video: v.optional(video),
  at: v.string(),
};

export const event = v.object(eventFields);
