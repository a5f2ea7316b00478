/* eslint-disable */
/**
 * Generated `api` utility.
 *
 * THIS CODE IS AUTOMATICALLY GENERATED.
 *
 * To regenerate, run `npx convex dev`.
 * @module
 */

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";
import type * as crons from "../crons.js";
import type * as events from "../events.js";
import type * as http from "../http.js";
import type * as jobs from "../jobs.js";
import type * as lib_access from "../lib/access.js";
import type * as lib_calls from "../lib/calls.js";
import type * as lib_documents from "../lib/documents.js";
import type * as lib_errors from "../lib/errors.js";
import type * as lib_events from "../lib/events.js";
import type * as lib_jobs from "../lib/jobs.js";
import type * as lib_limits from "../lib/limits.js";
import type * as lib_outbox from "../lib/outbox.js";
import type * as lib_removal from "../lib/removal.js";
import type * as lib_secrets from "../lib/secrets.js";
import type * as lib_settings from "../lib/settings.js";
import type * as lib_signatures from "../lib/signatures.js";
import type * as lib_targets from "../lib/targets.js";
import type * as lib_validators from "../lib/validators.js";
import type * as lib_videotutorApi from "../lib/videotutorApi.js";
import type * as lib_webhooks from "../lib/webhooks.js";
import type * as outbox from "../outbox.js";
import type * as phases from "../phases.js";
import type * as projects from "../projects.js";
import type * as requests from "../requests.js";
import type * as retention from "../retention.js";
import type * as scenes from "../scenes.js";
import type * as users from "../users.js";
import type * as videoSessions from "../videoSessions.js";

/**
 * A utility for referencing Convex functions in your app's API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = api.myModule.myFunction;
 * ```
 */
declare const fullApi: ApiFromModules<{
  crons: typeof crons;
  events: typeof events;
  http: typeof http;
  jobs: typeof jobs;
  "lib/access": typeof lib_access;
  "lib/calls": typeof lib_calls;
  "lib/documents": typeof lib_documents;
  "lib/errors": typeof lib_errors;
  "lib/events": typeof lib_events;
  "lib/jobs": typeof lib_jobs;
  "lib/limits": typeof lib_limits;
  "lib/outbox": typeof lib_outbox;
  "lib/removal": typeof lib_removal;
  "lib/secrets": typeof lib_secrets;
  "lib/settings": typeof lib_settings;
  "lib/signatures": typeof lib_signatures;
  "lib/targets": typeof lib_targets;
  "lib/validators": typeof lib_validators;
  "lib/videotutorApi": typeof lib_videotutorApi;
  "lib/webhooks": typeof lib_webhooks;
  outbox: typeof outbox;
  phases: typeof phases;
  projects: typeof projects;
  requests: typeof requests;
  retention: typeof retention;
  scenes: typeof scenes;
  users: typeof users;
  videoSessions: typeof videoSessions;
}>;
export declare const api: FilterApi<
  typeof fullApi,
  FunctionReference<any, "public">
>;
export declare const internal: FilterApi<
  typeof fullApi,
  FunctionReference<any, "internal">
>;
