import { beforeEach, describe, expect, test, vi } from "vitest";

import { api } from "../../../convex/_generated/api";
import type { Id } from "../../../convex/_generated/dataModel";
import { MAX_REQUESTS_PER_HOUR, MAX_UNFINISHED_JOBS } from "../../../convex/lib/limits";
import {
  accepts,
  deliver,
  generate,
  inADeployment,
  isBusy,
  jobOf,
  passTime,
  refusesWith,
  runSchedule,
  sessionOf,
  stubApi,
  type Deployment,
} from "../support/backend";
import { anEvent, scenes } from "../support/webhooks";

let deployment: Deployment;

inADeployment((fresh) => {
  deployment = fresh;
});

beforeEach(() => {
  vi.spyOn(console, "error").mockReturnValue();
});

const refused = (code: string, fields: object = {}) => ({ data: { code, ...fields } });

const cancel = async (jobId: Id<"jobs">) => await deployment.alice.mutation(api.jobs.cancel, { jobId });

async function aSession() {
  return await deployment.alice.mutation(api.videoSessions.create, { projectId: deployment.projectId });
}

/** A video that was handed over and reported in this phase. */
async function aVideo(phase: "Rendering" | "Failed" | "Succeeded" | "Cancelled", sequence = 1) {
  const job = await generate(deployment);
  await passTime(deployment, 1);
  const of = { name: job.name, sessionId: deployment.sessionId };
  await deliver(deployment, anEvent(of, { sequence, phase, scenes: scenes("Running") }));
  return job;
}

describe("idempotencyKey", () => {
  const spec = { prompt: "the chain rule", sceneCount: 2, output: { draft: true } };

  test("two clicks with one key are one job", async () => {
    const sent = stubApi(accepts);
    const { alice, sessionId } = deployment;
    const click = async () => await alice.mutation(api.jobs.generate, { sessionId, ...spec, idempotencyKey: "click" });
    const [first, second] = [await click(), await click()];
    expect(second).toBe(first);
    await runSchedule(deployment);
    expect(await click()).toBe(first);
    expect(sent.map(({ path }) => path)).toEqual(["/jobs/generate"]);
  });

  test.each([{ prompt: "limits" }, { sceneCount: 3 }, { output: {} }, { planner: "outline" as const }])(
    "the same key with %j: CONFLICT, and nothing is made",
    async (change) => {
      const { alice, sessionId } = deployment;
      const idempotencyKey = "click";
      const jobId = await alice.mutation(api.jobs.generate, { sessionId, ...spec, idempotencyKey });
      const other = alice.mutation(api.jobs.generate, { sessionId, ...spec, ...change, idempotencyKey });
      await expect(other).rejects.toMatchObject(refused("CONFLICT", { field: "idempotencyKey" }));
      expect((await sessionOf(deployment)).jobId).toBe(jobId);
    },
  );

  test("the same key in another session: CONFLICT; of another user: another job", async () => {
    const { alice, backend, sessionId } = deployment;
    const idempotencyKey = "click";
    const jobId = await alice.mutation(api.jobs.generate, { sessionId, ...spec, idempotencyKey });
    const elsewhere = { sessionId: await aSession(), ...spec, idempotencyKey };
    await expect(alice.mutation(api.jobs.generate, elsewhere)).rejects.toMatchObject(refused("CONFLICT"));
    const bob = backend.withIdentity({ subject: "bob", issuer: "https://issuer.test" });
    const projectId = await bob.mutation(api.projects.create, { title: "Bob's" });
    const ofBob = { sessionId: await bob.mutation(api.videoSessions.create, { projectId }), ...spec, idempotencyKey };
    expect(await bob.mutation(api.jobs.generate, ofBob)).not.toBe(jobId);
  });
});

describe("limits of a user", () => {
  const spec = { prompt: "limits", sceneCount: 1 };
  const generateIn = async (sessionId: Id<"videoSessions">) =>
    await deployment.alice.mutation(api.jobs.generate, { sessionId, ...spec });

  async function asManyAsAllowed() {
    const jobs: Id<"jobs">[] = [];
    for (let count = 0; count < MAX_UNFINISHED_JOBS; count++) {
      jobs.push(await generateIn(await aSession()));
    }
    return jobs;
  }

  test("one unfinished video more than allowed is refused, with the time to wait", async () => {
    const [jobId] = await asManyAsAllowed();
    const more = generateIn(deployment.sessionId);
    const retryAfterSeconds = expect.any(Number) as unknown;
    await expect(more).rejects.toMatchObject(refused("LIMIT_EXCEEDED", { retryAfterSeconds }));
    expect((await sessionOf(deployment)).status).toBe("Idle");
    const job = await jobOf(deployment.alice, jobId as Id<"jobs">);
    await deliver(deployment, anEvent(job, { phase: "Succeeded" }));
    await generateIn(deployment.sessionId);
  });

  test("an estimated completion is the time to wait", async () => {
    const [jobId] = await asManyAsAllowed();
    const job = await jobOf(deployment.alice, jobId as Id<"jobs">);
    const estimatedCompletion = new Date(Date.now() + 90_000).toISOString();
    await deliver(deployment, anEvent(job, { phase: "Rendering", estimatedCompletion }));
    const more = generateIn(deployment.sessionId);
    await expect(more).rejects.toMatchObject(refused("LIMIT_EXCEEDED", { retryAfterSeconds: 90 }));
  });

  test("a cancelled video makes room, and one that is replaced in its session", async () => {
    const [first, second] = await asManyAsAllowed();
    await passTime(deployment, 1);
    await cancel(first as Id<"jobs">);
    await generateIn(deployment.sessionId);
    await generateIn((await jobOf(deployment.alice, second as Id<"jobs">)).sessionId);
  });

  /** Videos in sessions of their own, each reported in this phase. */
  async function reportedVideos(count: number, phase: "Failed" | "Succeeded") {
    const { alice, projectId } = deployment;
    const videos = [];
    for (let made = 0; made < count; made++) {
      const sessionId = await alice.mutation(api.videoSessions.create, { projectId });
      const job = await generate({ ...deployment, sessionId });
      await passTime(deployment, 1);
      await deliver(deployment, anEvent(job, { phase, scenes: scenes("Running") }));
      videos.push(job);
    }
    vi.advanceTimersByTime(3_600_000);
    return videos;
  }

  test.each(["edit", "retry"] as const)("%s: counts from the request on, until it is reported", async (kind) => {
    const { alice } = deployment;
    const videos = await reportedVideos(MAX_UNFINISHED_JOBS + 1, kind === "edit" ? "Succeeded" : "Failed");
    const act = async ({ _id: jobId, sessionId }: (typeof videos)[number]) => {
      const edit = { sessionId, sceneId: "scene-1", instruction: "shorter" };
      await (kind === "edit" ? alice.mutation(api.jobs.edit, edit) : alice.mutation(api.jobs.retry, { jobId }));
    };
    const [more, first, ...others] = videos as [(typeof videos)[0], ...typeof videos];
    for (const video of [first, ...others]) {
      await act(video as (typeof videos)[0]);
    }
    await expect(act(more)).rejects.toMatchObject(refused("LIMIT_EXCEEDED"));
    await runSchedule(deployment); // accepted, and not reported yet
    await expect(act(more)).rejects.toMatchObject(refused("LIMIT_EXCEEDED"));
    await deliver(deployment, anEvent(first as (typeof videos)[0], { sequence: 2, generation: 2, phase: "Succeeded" }));
    await act(more);
    await expect(generateIn(deployment.sessionId)).rejects.toMatchObject(refused("LIMIT_EXCEEDED"));
  });

  test("an edit that is refused makes room, and one of a video that is being made needs none", async () => {
    const { alice } = deployment;
    const videos = await reportedVideos(MAX_UNFINISHED_JOBS, "Succeeded");
    const edit = { sceneId: "scene-1", instruction: "shorter" };
    stubApi(refusesWith(422));
    for (const { sessionId } of [...videos, ...videos.slice(0, 2)]) {
      await alice.mutation(api.jobs.edit, { sessionId, ...edit });
    }
    await runSchedule(deployment);
    await generateIn(deployment.sessionId);
  });

  test("cancelled videos do not hide others", async () => {
    stubApi(isBusy);
    for (let count = 0; count < 3 * MAX_UNFINISHED_JOBS; count++) {
      const jobId = await generateIn(await aSession());
      await passTime(deployment, 1);
      await cancel(jobId);
    }
    await asManyAsAllowed();
    await expect(generateIn(deployment.sessionId)).rejects.toMatchObject(refused("LIMIT_EXCEEDED"));
  });

  test("VideoJobs that Convex did not request do not count", async () => {
    const { sessionId } = deployment;
    for (let count = 0; count <= MAX_UNFINISHED_JOBS; count++) {
      await deliver(deployment, anEvent({ name: `by-hand-${count}`, sessionId }));
    }
    await generateIn(sessionId);
  });

  test("so many requests per hour, of whatever kind, for each user", async () => {
    const { alice, backend, sessionId } = deployment;
    await aVideo("Succeeded");
    const edit = { sessionId, sceneId: "scene-1", instruction: "shorter" };
    for (let count = 1; count < MAX_REQUESTS_PER_HOUR; count++) {
      await alice.mutation(api.jobs.edit, edit);
    }
    const tooMany = refused("LIMIT_EXCEEDED", { retryAfterSeconds: 60 });
    await expect(alice.mutation(api.jobs.edit, edit)).rejects.toMatchObject(tooMany);
    await expect(generateIn(sessionId)).rejects.toMatchObject(tooMany);
    const bob = backend.withIdentity({ subject: "bob", issuer: "https://issuer.test" });
    const projectId = await bob.mutation(api.projects.create, { title: "Bob's" });
    const ofBob = { sessionId: await bob.mutation(api.videoSessions.create, { projectId }), ...spec };
    await bob.mutation(api.jobs.generate, ofBob);
    vi.advanceTimersByTime(60_000);
    await alice.mutation(api.jobs.edit, edit);
  });

  test("removing the account resets no limit", async () => {
    const { alice, sessionId } = deployment;
    for (let count = 0; count < MAX_REQUESTS_PER_HOUR; count++) {
      await generateIn(sessionId);
    }
    await alice.mutation(api.users.remove, {});
    const projectId = await alice.mutation(api.projects.create, { title: "Again" });
    const again = await alice.mutation(api.videoSessions.create, { projectId });
    await expect(generateIn(again)).rejects.toMatchObject(refused("LIMIT_EXCEEDED"));
  });

  test("none for the user anonymous, who is every caller of a development deployment", async () => {
    vi.stubEnv("VIDEOTUTOR_ANONYMOUS", "allow");
    const { backend } = deployment;
    const projectId = await backend.mutation(api.projects.create, { title: "Demo" });
    for (let count = 0; count <= MAX_REQUESTS_PER_HOUR; count++) {
      const sessionId = await backend.mutation(api.videoSessions.create, { projectId });
      await backend.mutation(api.jobs.generate, { sessionId, ...spec });
    }
  });
});
