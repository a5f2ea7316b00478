import { beforeEach, describe, expect, test, vi } from "vitest";

import { api } from "../../../convex/_generated/api";
import type { Doc, Id } from "../../../convex/_generated/dataModel";
import { MAX_REQUESTS_PER_HOUR, MAX_UNFINISHED_JOBS } from "../../../convex/lib/limits";
import { LATE_CALL_MS } from "../../../convex/lib/removal";
import { FakeVideoJobs, type Fate } from "../support/fake-videojobs";
import {
  accepts,
  deliver,
  generate,
  inADeployment,
  isBusy,
  jobOf,
  passTime,
  refusesWith,
  requestsOf,
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
const retry = async (jobId: Id<"jobs">) => await deployment.alice.mutation(api.jobs.retry, { jobId });

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

describe("jobs.cancel", () => {
  test("Rendering -> Cancelled: the API is called, and the report ends it", async () => {
    const sent = stubApi(accepts);
    const { _id: jobId, name } = await aVideo("Rendering");
    await cancel(jobId);
    await cancel(jobId);
    await passTime(deployment, 1);
    const { projectId, sessionId } = deployment;
    const [{ _id: requestId }] = (await requestsOf(deployment, jobId)) as [Doc<"requests">, ...unknown[]];
    expect(sent.map(({ path }) => path)).toEqual(["/jobs/generate", "/jobs/cancel"]);
    const timestamp = Math.floor(Date.now() / 1000);
    const action = "cancel";
    expect(sent[1]?.body).toEqual({ jobId: name, action, projectId, sessionId, requestId, order: 2, timestamp });
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ phase: "Rendering", cancelRequested: true });
    await deliver(deployment, anEvent({ name, sessionId }, { sequence: 2, phase: "Cancelled" }));
    expect(await jobOf(deployment.alice, jobId)).not.toHaveProperty("cancelRequested");
  });

  test("a cancellation that came too late does not keep a later edit from being cancelled", async () => {
    const sent = stubApi(accepts);
    const { _id: jobId, name } = await aVideo("Rendering");
    const of = { name, sessionId: deployment.sessionId };
    await cancel(jobId);
    await deliver(deployment, anEvent(of, { sequence: 2, phase: "Succeeded" }));
    await deliver(deployment, anEvent(of, { sequence: 3, generation: 2, phase: "Rendering" }));
    await cancel(jobId);
    await passTime(deployment, 1);
    expect(sent.map(({ path }) => path)).toEqual(["/jobs/generate", "/jobs/cancel", "/jobs/cancel"]);
  });

  test("Pending -> Cancelled: one that was never handed over is not", async () => {
    const sent = stubApi(accepts);
    const { _id: jobId } = await generate(deployment);
    await cancel(jobId);
    await runSchedule(deployment);
    expect(sent).toEqual([]);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ phase: "Cancelled" });
    expect(await sessionOf(deployment)).toMatchObject({ status: "Cancelled" });
    expect((await requestsOf(deployment, jobId)).map(({ status }) => status)).toEqual(["superseded"]);
  });

  test("while the API has not answered: the cancellation waits for that, since it would find no VideoJob", async () => {
    const sent = stubApi(isBusy, isBusy, accepts);
    const { _id: jobId } = await generate(deployment);
    await passTime(deployment, 1);
    await cancel(jobId);
    await runSchedule(deployment);
    expect(sent.map(({ path }) => path)).toEqual([
      "/jobs/generate",
      "/jobs/generate",
      "/jobs/generate",
      "/jobs/cancel",
    ]);
  });

  test("a refused cancellation can be requested again", async () => {
    stubApi(accepts, refusesWith(409), accepts);
    const { _id: jobId } = await aVideo("Rendering");
    await cancel(jobId);
    await passTime(deployment, 1);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({
      lastRequest: {
        kind: "cancel",
        status: "rejected",
        message: "This is not possible in the present state of the video.",
      },
    });
    await cancel(jobId);
    await passTime(deployment, 1);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ lastRequest: { status: "accepted" } });
  });

  test.each(["Failed", "Succeeded", "Cancelled"] as const)("%s: CONFLICT", async (phase) => {
    const { _id: jobId } = await aVideo(phase);
    await expect(cancel(jobId)).rejects.toMatchObject(refused("CONFLICT"));
  });

  test("a second video in a session cancels the first", async () => {
    const sent = stubApi(accepts);
    const first = await aVideo("Rendering");
    const second = await generate(deployment);
    await passTime(deployment, 1);
    expect(sent.map(({ path, body }) => [path, body["jobId"] ?? body["requestId"]])).toEqual([
      ["/jobs/generate", first._id],
      ["/jobs/cancel", first.name],
      ["/jobs/generate", second._id],
    ]);
    expect((await sessionOf(deployment)).jobId).toBe(second._id);
  });

  test("a second video in a session leaves a finished first", async () => {
    const sent = stubApi(accepts);
    await aVideo("Succeeded");
    await generate(deployment);
    await passTime(deployment, 1);
    expect(sent.map(({ path }) => path)).toEqual(["/jobs/generate", "/jobs/generate"]);
  });
});

describe("jobs.retry", () => {
  test("Failed -> Pending: a video that the API never accepted is handed over again, under the same id", async () => {
    const sent = stubApi(isBusy);
    const { _id: jobId } = await generate(deployment);
    await runSchedule(deployment);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ phase: "Failed", lastRequest: { status: "expired" } });
    const attempts = sent.length;
    const again = stubApi(accepts);
    await retry(jobId);
    const session = await sessionOf(deployment);
    expect(session).toMatchObject({ status: "Pending", jobId });
    expect(session).not.toHaveProperty("message");
    await runSchedule(deployment);
    expect(again.map(({ body }) => body["requestId"])).toEqual([jobId]);
    expect(attempts).toBeGreaterThan(1);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({
      phase: "Pending",
      lastRequest: { status: "accepted" },
    });
  });

  test("while the API has not answered: the call is sent now", async () => {
    const sent = stubApi(isBusy, accepts);
    const { _id: jobId } = await generate(deployment);
    await passTime(deployment, 1);
    await retry(jobId);
    await passTime(deployment, 1);
    expect(sent).toHaveLength(2);
    expect((await requestsOf(deployment, jobId)).map(({ status }) => status)).toEqual(["accepted"]);
  });

  test.each(["Failed", "Cancelled"] as const)("%s: the API is called to retry it", async (phase) => {
    const sent = stubApi(accepts);
    const { _id: jobId, name } = await aVideo(phase);
    await retry(jobId);
    await passTime(deployment, 1);
    expect(sent[1]).toMatchObject({ path: "/jobs/retry", body: { jobId: name, action: "retry", order: 2 } });
  });

  test("cancelled before it was handed over -> Pending: it is handed over", async () => {
    const sent = stubApi(accepts);
    const { _id: jobId } = await generate(deployment);
    await cancel(jobId);
    await retry(jobId);
    await runSchedule(deployment);
    expect(sent.map(({ path }) => path)).toEqual(["/jobs/generate"]);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ phase: "Pending" });
  });

  test.each(["Rendering", "Succeeded"] as const)("%s: CONFLICT", async (phase) => {
    const { _id: jobId } = await aVideo(phase);
    await expect(retry(jobId)).rejects.toMatchObject(refused("CONFLICT"));
  });

  test("a video that is not the session's newest: CONFLICT", async () => {
    const { _id: jobId } = await aVideo("Failed");
    await generate(deployment);
    await expect(retry(jobId)).rejects.toMatchObject(refused("CONFLICT"));
  });
});

describe("removal", () => {
  const REMOVALS = ["videoSessions.remove", "projects.remove", "users.remove"] as const;

  async function remove(how: (typeof REMOVALS)[number] = "videoSessions.remove") {
    const { alice, projectId, sessionId } = deployment;
    switch (how) {
      case "videoSessions.remove":
        return await alice.mutation(api.videoSessions.remove, { sessionId });
      case "projects.remove":
        return await alice.mutation(api.projects.remove, { projectId });
      case "users.remove":
        return await alice.mutation(api.users.remove, {});
    }
  }

  test.each(REMOVALS)("%s: the VideoJobs are deleted, and every row goes", async (how) => {
    const sent = stubApi(accepts);
    const { backend, projectId, sessionId } = deployment;
    const first = await aVideo("Succeeded");
    await passTime(deployment, LATE_CALL_MS);
    const second = await generate(deployment);
    await passTime(deployment, 1);
    await deliver(deployment, anEvent({ name: "by-hand", sessionId }));
    await remove(how);
    await runSchedule(deployment);
    const deleted = sent.filter(({ path }) => path === "/jobs/delete").map(({ body }) => body["jobId"]);
    expect(deleted.toSorted()).toEqual([first.name, second.name, second.name, "by-hand"].toSorted());
    expect(sent.at(-1)?.body).toMatchObject({ action: "delete", projectId, sessionId });
    const left = await backend.run(async (ctx) => {
      const tables = ["videoSessions", "jobs", "scenes", "jobEvents"] as const;
      return await Promise.all(tables.map(async (table) => (await ctx.db.query(table).collect()).length));
    });
    expect(left).toEqual([0, 0, 0, 0]);
  });

  test.each(REMOVALS)("%s: from then on the session accepts nothing, also before its rows are gone", async (how) => {
    const sent = stubApi(accepts);
    const { alice, sessionId } = deployment;
    const { _id: jobId, name } = await aVideo("Rendering");
    await generate(deployment); // its call is on its way
    await remove(how);
    const gone = refused("NOT_FOUND");
    const spec = { sessionId, prompt: "x", sceneCount: 1 };
    await expect(alice.mutation(api.jobs.generate, spec)).rejects.toMatchObject(gone);
    await expect(alice.mutation(api.jobs.cancel, { jobId })).rejects.toMatchObject(gone);
    await expect(alice.mutation(api.videoSessions.rename, { sessionId, title: "x" })).rejects.toMatchObject(gone);
    expect(await alice.query(api.videoSessions.get, { sessionId })).toBeNull();
    expect(await alice.query(api.jobs.get, { jobId })).toBeNull();
    if (how !== "users.remove") {
      expect((await deliver(deployment, anEvent({ name, sessionId }, { sequence: 2 }))).status).toBe(404);
    }
    await runSchedule(deployment);
    expect(sent.map(({ path }) => path)).not.toContain("/jobs/cancel");
  });

  test("a video whose call never left: nothing is sent at all", async () => {
    const sent = stubApi(accepts);
    await generate(deployment);
    await remove();
    await runSchedule(deployment);
    expect(sent).toEqual([]);
  });

  test("a refused deletion is logged with the name of the VideoJob", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    stubApi(accepts, refusesWith(422));
    const { name } = await aVideo("Succeeded");
    await remove();
    await runSchedule(deployment);
    expect(log.mock.calls.flat().join("\n")).toContain(`VideoJob ${name} is not deleted (rejected)`);
  });

  const fates: Fate[] = ["answered", "lost answer", "arrives late"];
  const cases = fates.flatMap((first) =>
    fates.flatMap((second) => fates.map((ofDelete) => ({ first, second, ofDelete }))),
  );

  test.each(cases)(
    "the call that makes the VideoJob: $first, again: $second, the deletion: $ofDelete: no VideoJob is left",
    async ({ first, second, ofDelete }) => {
      for (const heldFor of [1, 60, 290, 300]) {
        for (const removedAfter of [1, 5_000, 12_000, 250_000]) {
          deployment = { ...deployment, sessionId: await aSession() };
          let name = "";
          const fake = new FakeVideoJobs(
            () => name,
            (path, attempt) => {
              const fate = path === "/jobs/generate" ? [first, second][attempt - 1] : [ofDelete][attempt - 1];
              return fate ?? "answered";
            },
            heldFor,
          );
          vi.stubGlobal("fetch", fake.fetch);
          ({ name } = await generate(deployment));
          for (let passed = 0; passed < removedAfter; passed += 1_000) {
            await passTime(deployment, Math.min(1_000, removedAfter));
          }
          await remove();
          await runSchedule(deployment);
          fake.deliverHeld(Infinity);
          expect([...fake.videoJobs.keys()]).toEqual([]);
        }
      }
    },
  );
});

describe("videoSessions.rename", () => {
  test("changes the title, trimmed; an empty one is refused", async () => {
    const { alice, sessionId } = deployment;
    await alice.mutation(api.videoSessions.rename, { sessionId, title: " Derivatives " });
    expect(await sessionOf(deployment)).toMatchObject({ title: "Derivatives" });
    const empty = alice.mutation(api.videoSessions.rename, { sessionId, title: " " });
    await expect(empty).rejects.toMatchObject(refused("INVALID_ARGUMENT", { field: "title" }));
  });
});
