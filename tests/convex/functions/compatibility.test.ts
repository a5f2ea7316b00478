import { makeFunctionReference } from "convex/server";
import { beforeEach, describe, expect, test, vi } from "vitest";

import { api } from "../../../convex/_generated/api";
import type { Id } from "../../../convex/_generated/dataModel";
import {
  accepts,
  deliver,
  inADeployment,
  jobOf,
  requestsOf,
  runSchedule,
  sessionOf,
  stubApi,
  type Deployment,
} from "../support/backend";
import { A_VIDEO, anEvent } from "../support/webhooks";

let deployment: Deployment;
let jobId: Id<"jobs">;
let requestId: Id<"requests">;

inADeployment((fresh) => {
  deployment = fresh;
});

/** A job and its request as the version without `lastRequest`, `order` and namespaces wrote them. */
const FORMER_JOB = {
  name: "video-0123456789ab",
  prompt: "the chain rule",
  sceneCount: 2,
  options: {},
  kind: "generate" as const,
  status: "queued" as const,
  attempts: 1,
  phase: "Pending" as const,
  progress: 0,
  generation: 0,
  sequence: -1,
  createdAt: 1,
  updatedAt: 1,
};

beforeEach(async () => {
  vi.spyOn(console, "error").mockReturnValue();
  const { alice, backend, projectId, sessionId } = deployment;
  const me = await alice.query(api.users.me, {});
  await backend.run(async (ctx) => {
    const ownerId = me?._id as Id<"users">;
    jobId = await ctx.db.insert("jobs", { ...FORMER_JOB, sessionId, projectId, ownerId });
    await ctx.db.patch("jobs", jobId, { requestId: jobId });
    await ctx.db.patch("videoSessions", sessionId, { jobId, status: "Pending" });
    const state = { status: "queued" as const, attempts: 1, createdAt: 1, updatedAt: 1 };
    requestId = await ctx.db.insert("requests", { ...state, jobId, body: { kind: "generate" } });
  });
});

/** Schedules a function by its path, as a deployment that ran before the upgrade has done it. */
async function scheduled(path: string, args: Record<string, unknown>): Promise<void> {
  const reference = makeFunctionReference<"mutation">(path);
  await deployment.backend.run(async (ctx) => await ctx.scheduler.runAfter(10_000, reference, args));
  await runSchedule(deployment);
}

describe("what an earlier version scheduled", () => {
  test.each(["outbox:dispatch", "outbox:redispatch"])("%s sends the request", async (path) => {
    const sent = stubApi(accepts);
    await scheduled(path, { requestId });
    expect(sent.map(({ body }) => body["requestId"])).toEqual([jobId]);
    expect(await requestsOf(deployment, jobId)).toMatchObject([{ status: "accepted", attempts: 2 }]);
  });

  test("projects:purge removes the parts, and the VideoJob", async () => {
    const sent = stubApi(accepts);
    const { alice, backend, projectId } = deployment;
    await backend.run(async (ctx) => await ctx.db.delete("projects", projectId));
    await scheduled("projects:purge", { projectId });
    expect(sent.map(({ path, body }) => [path, body["jobId"]])).toEqual([["/jobs/delete", FORMER_JOB.name]]);
    expect(await alice.query(api.jobs.get, { jobId })).toBeNull();
    expect(await backend.run(async (ctx) => await ctx.db.query("videoSessions").collect())).toEqual([]);
  });

  test("retention:prune removes old rows", async () => {
    vi.advanceTimersByTime(31 * 24 * 3_600_000);
    await scheduled("retention:prune", {});
    expect(await requestsOf(deployment, jobId)).toEqual([]);
  });
});

describe("rows of an earlier version", () => {
  test("reports of an operator of that version are applied", async () => {
    const of = { name: FORMER_JOB.name, sessionId: deployment.sessionId };
    const {
      namespace: _namespace,
      createdAt: _createdAt,
      ...report
    } = anEvent(of, {
      phase: "Succeeded",
      video: A_VIDEO,
    });
    expect((await deliver(deployment, report)).outcome).toBe("applied");
    expect(await sessionOf(deployment)).toMatchObject({ status: "Succeeded", videoUrl: A_VIDEO.url });
  });

  test("can be cancelled, retried and removed", async () => {
    const { alice, sessionId } = deployment;
    const sent = stubApi(accepts);
    await alice.mutation(api.jobs.cancel, { jobId });
    await scheduled("outbox:redispatch", { requestId });
    await deliver(deployment, anEvent({ name: FORMER_JOB.name, sessionId }, { phase: "Cancelled" }));
    await alice.mutation(api.jobs.retry, { jobId });
    await runSchedule(deployment);
    const job = await jobOf(alice, jobId);
    expect(job).toMatchObject({ lastRequest: { kind: "retry", status: "accepted" } });
    expect(job).not.toHaveProperty("attempts");
    await alice.mutation(api.videoSessions.remove, { sessionId });
    await runSchedule(deployment);
    expect([...new Set(sent.map(({ path }) => path))]).toEqual([
      "/jobs/generate",
      "/jobs/cancel",
      "/jobs/retry",
      "/jobs/delete",
    ]);
  });
});
