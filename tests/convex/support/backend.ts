import { convexTest } from "convex-test";
import { afterEach, beforeEach, vi } from "vitest";

import { api } from "../../../convex/_generated/api";
import type { Doc, Id } from "../../../convex/_generated/dataModel";
import type { Event } from "../../../convex/lib/events";
import { MAX_INSTRUCTION } from "../../../convex/lib/limits";
import schema from "../../../convex/schema";
import { signedCall } from "./webhooks";

const modules = import.meta.glob(["../../../convex/**/*.*s", "!**/*.d.ts"]);

/** What the stubbed API was sent. */
export type Sent = { path: string; headers: Headers; raw: string; body: Record<string, unknown> };

/** A fresh deployment with its environment set, as a user with a project and a session finds it. */
export async function aDeployment() {
  vi.stubEnv("VIDEOTUTOR_API_URL", "http://api.test");
  vi.stubEnv("WEBHOOK_SECRET", "the-webhook-secret");
  vi.stubEnv("CALLBACK_SECRET", "the-callback-secret");
  vi.stubEnv("VIDEOTUTOR_ANONYMOUS", "");
  vi.stubEnv("VIDEOTUTOR_FOREIGN_NAMESPACES", "lessons");
  const backend = convexTest({ schema, modules, transactionLimits: true });
  const alice = backend.withIdentity({ subject: "alice", issuer: "https://issuer.test", name: "Alice" });
  const projectId = await alice.mutation(api.projects.create, { title: "Calculus" });
  const sessionId = await alice.mutation(api.videoSessions.create, { projectId });
  return { backend, alice, projectId, sessionId };
}

export type Deployment = Awaited<ReturnType<typeof aDeployment>>;

/** Gives each test of a file a deployment of its own, a clock that stands still, and an API that accepts everything. */
export function inADeployment(use: (deployment: Deployment) => void): void {
  beforeEach(async () => {
    vi.useFakeTimers();
    stubApi(accepts);
    use(await aDeployment());
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.unstubAllEnvs();
  });
}

/** Answers for the API: the last one is given for ever. Returns what was sent. */
export function stubApi(...answers: (() => Response | Promise<Response>)[]): Sent[] {
  const sent: Sent[] = [];
  vi.stubGlobal("fetch", async (url: string, init: { headers: Record<string, string>; body: string }) => {
    const body = JSON.parse(init.body) as Record<string, unknown>;
    sent.push({ path: new URL(url).pathname, headers: new Headers(init.headers), raw: init.body, body });
    const answer = answers[Math.min(sent.length, answers.length) - 1];
    if (!answer) {
      throw new TypeError("fetch failed: connection refused");
    }
    return await answer();
  });
  return sent;
}

export const accepts = () => Response.json({ status: "accepted" }, { status: 202 });
/** Acceptance of an API that works in this namespace; earlier versions do not name it. */
export const acceptsIn = (namespace: string) => () => Response.json({ status: "accepted", namespace }, { status: 202 });
/** The API's refusal, as a problem document. */
export const refusesWith =
  (status: number, fields: { type?: string; detail?: string; errors?: { field: string; message: string }[] } = {}) =>
  () =>
    new Response(JSON.stringify({ type: "about:blank", title: "Refused", status, ...fields }), {
      status,
      headers: { "content-type": "application/problem+json" },
    });
export const isBusy = () => new Response("busy", { status: 503 });

/** Requests a video and returns its row. */
export async function generate({ alice, sessionId }: Deployment): Promise<Doc<"jobs">> {
  const jobId = await alice.mutation(api.jobs.generate, { sessionId, prompt: "the chain rule", sceneCount: 2 });
  return await jobOf(alice, jobId);
}

export async function jobOf(alice: Deployment["alice"], jobId: Id<"jobs">): Promise<Doc<"jobs">> {
  const job = await alice.query(api.jobs.get, { jobId });
  if (job === null) {
    throw new Error(`there is no job ${jobId}`);
  }
  return job;
}

/** The requests about a job, newest first. */
export async function requestsOf({ alice }: Deployment, jobId: Id<"jobs">): Promise<Doc<"requests">[]> {
  return await alice.query(api.requests.listByJob, { jobId });
}

export async function sessionOf({ alice, sessionId }: Deployment): Promise<Doc<"videoSessions">> {
  const session = await alice.query(api.videoSessions.get, { sessionId });
  if (session === null) {
    throw new Error(`there is no session ${sessionId}`);
  }
  return session;
}

/** Writes answered edits of a job with the longest instructions that `jobs.edit` takes. */
export async function fillWithEdits({ backend }: Deployment, jobId: Id<"jobs">, count: number): Promise<void> {
  const instruction = "😀".repeat(MAX_INSTRUCTION);
  const edit = { body: { kind: "edit" as const, sceneId: "scene-1", instruction }, status: "accepted" as const };
  for (let written = 0; written < count; written += 100) {
    await backend.run(async (ctx) => {
      const row = { ...edit, jobId, order: 2, attempts: 1, createdAt: 1, updatedAt: 1 };
      await Promise.all(Array.from({ length: 100 }, () => ctx.db.insert("requests", row)));
    });
  }
}

/** Delivers a report as the operator does, and returns the status and the outcome. */
export async function deliver({ backend }: Deployment, event: Event): Promise<{ status: number; outcome: unknown }> {
  const response = await backend.fetch("/videotutor/events", await signedCall(event));
  const { outcome, error } = (await response.json()) as { outcome?: unknown; error?: unknown };
  return { status: response.status, outcome: outcome ?? error };
}

/** Lets the clock run and waits until what came due has ended. */
export async function passTime({ backend }: Deployment, milliseconds: number): Promise<void> {
  vi.advanceTimersByTime(milliseconds);
  await backend.finishInProgressScheduledFunctions();
}

/** Runs everything that is scheduled, however far ahead; each function ends before the next one is due. */
export async function runSchedule({ backend }: Deployment): Promise<void> {
  await backend.finishInProgressScheduledFunctions();
  while (vi.getTimerCount() > 0) {
    vi.advanceTimersToNextTimer();
    await backend.finishInProgressScheduledFunctions();
  }
}
