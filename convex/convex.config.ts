import { defineApp } from "convex/server";
import { v } from "convex/values";

/**
 * The deployment's environment. Declared here so that a missing or misspelt
 * variable fails at deploy time, and read through `env` of `_generated/server`.
 */
export default defineApp({
  env: {
    /** Base address of the videotutor API, to which jobs are handed over. */
    VIDEOTUTOR_API_URL: v.string(),
    /** Signs requests to the API, and verifies its questions about sessions. */
    WEBHOOK_SECRET: v.string(),
    /** Verifies reports of the operator. */
    CALLBACK_SECRET: v.string(),
    /** The callback secret before the last rotation, accepted until the rotation is over. */
    CALLBACK_SECRET_PREVIOUS: v.optional(v.string()),
    /**
     * Namespaces whose VideoJobs may write into a session although Convex did not request them (made by kubectl or
     * GitOps), separated by spaces or commas. Unset: none.
     */
    VIDEOTUTOR_FOREIGN_NAMESPACES: v.optional(v.string()),
    /** "allow" lets callers without an identity act as the user "anonymous": development only. */
    VIDEOTUTOR_ANONYMOUS: v.optional(v.string()),
    /** Issuer of the users' OpenID Connect tokens (see auth.config.ts). */
    AUTH_ISSUER: v.optional(v.string()),
    /** Audience those tokens must carry. */
    AUTH_AUDIENCE: v.optional(v.string()),
  },
});
