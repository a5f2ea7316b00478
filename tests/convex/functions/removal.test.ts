import { beforeEach, describe, expect, test, vi } from "vitest";

import { api, internal } from "../../../convex/_generated/api";
import { LATE_CALL_MS } from "../../../convex/lib/removal";
import { FakeVideoJobs, type Fate } from "../support/fake-videojobs";
import {
  accepts,
  acceptsIn,
  deliver,
  fillWithEdits,
  generate,
  inADeployment,
  passTime,
  refusesWith,
  runSchedule,
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
    const sent = stubApi(acceptsIn("lessons"));
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

  test("the VideoJob is deleted, and every row goes, however much the user has written", async () => {
    const { backend, projectId } = deployment;
    const sent = stubApi(accepts);
    const { name, _id: jobId } = await aVideo("Succeeded");
    await fillWithEdits(deployment, jobId, 1_200);
    await passTime(deployment, LATE_CALL_MS);
    await remove("users.remove");
    await runSchedule(deployment);
    expect(sent.slice(1).map(({ path, body }) => [path, body["jobId"]])).toEqual([["/jobs/delete", name]]);
    const left = await backend.run(async (ctx) => [
      await ctx.db.get("projects", projectId),
      await ctx.db.get("jobs", jobId),
      ...(await ctx.db.query("requests").collect()).filter((request) => request.jobId === jobId),
    ]);
    expect(left).toEqual([null, null]);
  });

  test("the deletion of the VideoJob is in the outbox before any of its rows is removed", async () => {
    const { backend, sessionId } = deployment;
    await aVideo("Succeeded");
    const before = await backend.run(async (ctx) => (await ctx.db.query("jobEvents").collect()).length);
    await backend.mutation(internal.videoSessions.purge, { sessionId });
    const { receipts, deletes } = await backend.run(async (ctx) => ({
      receipts: (await ctx.db.query("jobEvents").collect()).length,
      deletes: (await ctx.db.query("requests").collect()).filter(({ body }) => body.kind === "delete").length,
    }));
    expect([receipts, deletes]).toEqual([before, 1]);
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
      for (const heldFor of [1, 290]) {
        for (const removedAfter of [1, 15_000, 250_000]) {
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
          for (let passed = 0; passed < removedAfter; passed += 5_000) {
            await passTime(deployment, Math.min(5_000, removedAfter));
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
