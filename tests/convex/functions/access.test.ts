import { describe, expect, test, vi } from "vitest";

import { api, internal } from "../../../convex/_generated/api";
import { deliver, generate, inADeployment, runSchedule, type Deployment } from "../support/backend";
import { anEvent, scenes } from "../support/webhooks";

let deployment: Deployment;

inADeployment((fresh) => {
  deployment = fresh;
});

const code = (code: string) =>
  expect.objectContaining({ data: expect.objectContaining({ code }) as unknown }) as unknown;

describe("users", () => {
  test("no row -> a row: ensure makes the row once, and keeps its name up to date", async () => {
    const bob = { subject: "bob", issuer: "https://issuer.test" };
    const { backend } = deployment;
    expect(await backend.withIdentity(bob).query(api.users.me, {})).toBeNull();
    const userId = await backend.withIdentity(bob).mutation(api.users.ensure, {});
    expect(await backend.withIdentity({ ...bob, name: "Bob" }).mutation(api.users.ensure, {})).toBe(userId);
    const me = await backend.withIdentity(bob).query(api.users.me, {});
    expect(me).toMatchObject({ _id: userId, name: "Bob", tokenIdentifier: "https://issuer.test|bob" });
  });

  test("without an identity: UNAUTHENTICATED, for reading and for writing", async () => {
    const { backend } = deployment;
    await expect(backend.query(api.users.me, {})).rejects.toEqual(code("UNAUTHENTICATED"));
    await expect(backend.mutation(api.projects.create, { title: "x" })).rejects.toEqual(code("UNAUTHENTICATED"));
  });

  test("without an identity, where that is allowed: the user anonymous", async () => {
    vi.stubEnv("VIDEOTUTOR_ANONYMOUS", "allow");
    const { backend } = deployment;
    await backend.mutation(api.projects.create, { title: "Anybody's" });
    expect(await backend.query(api.users.me, {})).toMatchObject({ tokenIdentifier: "anonymous" });
    expect(await backend.query(api.projects.list, {})).toHaveLength(1);
  });
});

describe("rows of other users", () => {
  test("looks as if it did not exist", async () => {
    const { backend, projectId, sessionId } = deployment;
    const { _id: jobId } = await generate(deployment);
    const mallory = backend.withIdentity({ subject: "mallory", issuer: "https://issuer.test" });
    await mallory.mutation(api.users.ensure, {});
    expect(await mallory.query(api.projects.list, {})).toEqual([]);
    expect(await mallory.query(api.projects.get, { projectId })).toBeNull();
    expect(await mallory.query(api.videoSessions.get, { sessionId })).toBeNull();
    expect(await mallory.query(api.jobs.get, { jobId })).toBeNull();
    const refused = [
      mallory.mutation(api.projects.update, { projectId, title: "mine" }),
      mallory.mutation(api.projects.remove, { projectId }),
      mallory.mutation(api.videoSessions.create, { projectId }),
      mallory.query(api.videoSessions.listByProject, { projectId }),
      mallory.query(api.scenes.listBySession, { sessionId }),
      mallory.query(api.jobs.latest, { sessionId }),
      mallory.mutation(api.jobs.generate, { sessionId, prompt: "x", sceneCount: 1 }),
      mallory.mutation(api.jobs.edit, { sessionId, sceneId: "scene-1", instruction: "x" }),
    ];
    for (const { reason } of (await Promise.allSettled(refused)) as PromiseRejectedResult[]) {
      expect(reason).toEqual(code("NOT_FOUND"));
    }
  });
});

describe("projects", () => {
  test("created -> changed -> listed, newest first", async () => {
    const { alice, projectId } = deployment;
    const second = await alice.mutation(api.projects.create, { title: "  Algebra ", description: "groups" });
    await alice.mutation(api.projects.update, { projectId, description: "limits" });
    const projects = await alice.query(api.projects.list, {});
    expect(projects.map(({ _id, title, description }) => ({ _id, title, description }))).toEqual([
      { _id: second, title: "Algebra", description: "groups" },
      { _id: projectId, title: "Calculus", description: "limits" },
    ]);
    expect(await alice.query(api.projects.list, { limit: 1 })).toHaveLength(1);
  });

  test("removed: its sessions, jobs, scenes, requests and receipts go too, those of others stay", async () => {
    const { alice, backend, projectId, sessionId } = deployment;
    const { name } = await generate(deployment);
    await deliver(deployment, anEvent({ name, sessionId }, { scenes: scenes("Running") }));
    for (let count = 0; count < 9; count++) {
      await alice.mutation(api.videoSessions.create, { projectId });
    }
    const kept = await alice.mutation(api.projects.create, { title: "Algebra" });
    await alice.mutation(api.videoSessions.create, { projectId: kept });
    await alice.mutation(api.projects.remove, { projectId });
    await runSchedule(deployment);
    const left = await backend.run(async (ctx) => {
      const tables = ["projects", "videoSessions", "jobs", "scenes", "requests", "jobEvents"] as const;
      return await Promise.all(tables.map(async (table) => (await ctx.db.query(table).collect()).length));
    });
    expect(left).toEqual([1, 1, 0, 0, 1, 0]);
    const [request] = await backend.run(async (ctx) => await ctx.db.query("requests").collect());
    expect(request).toMatchObject({ body: { kind: "delete", name }, status: "accepted" });
  });

  test("removed: a job with more rows than one transaction may write goes in parts", async () => {
    const { alice, backend, projectId } = deployment;
    const { name, _id: jobId } = await generate(deployment);
    const receipts = async () => await backend.run(async (ctx) => (await ctx.db.query("jobEvents").collect()).length);
    await backend.run(async (ctx) => {
      for (let sequence = 0; sequence < 2_001; sequence++) {
        const receipt = { eventId: `e-${sequence}`, jobId, name, generation: 1, sequence, phase: "Rendering" as const };
        await ctx.db.insert("jobEvents", { ...receipt, outcome: "stale", at: Date.now() });
      }
    });
    await alice.mutation(api.projects.remove, { projectId });
    for (let pass = 0; pass < 4; pass++) {
      await backend.mutation(internal.projects.purge, { projectId });
    }
    const left = await receipts();
    expect(left).toBeLessThan(2_001);
    expect(left).toBeGreaterThan(1_000);
    await runSchedule(deployment);
    expect(await receipts()).toBe(0);
    expect(await backend.run(async (ctx) => await ctx.db.get("jobs", jobId))).toBeNull();
  });

  test("a report about a removed project: 404", async () => {
    const { alice, projectId, sessionId } = deployment;
    const { name } = await generate(deployment);
    await alice.mutation(api.projects.remove, { projectId });
    await runSchedule(deployment);
    expect((await deliver(deployment, anEvent({ name, sessionId }))).status).toBe(404);
  });
});

describe("bad input is refused, naming the field", () => {
  const spec = { prompt: "the chain rule", sceneCount: 3 };

  test.each([
    ["sceneCount", { ...spec, sceneCount: 0 }],
    ["sceneCount", { ...spec, sceneCount: 101 }],
    ["sceneCount", { ...spec, sceneCount: 1.5 }],
    ["prompt", { ...spec, prompt: " \n" }],
    ["prompt", { ...spec, prompt: "x".repeat(10_001) }],
  ])("jobs.generate: %s", async (field, args) => {
    const { alice, sessionId } = deployment;
    const refused = alice.mutation(api.jobs.generate, { sessionId, ...args });
    await expect(refused).rejects.toMatchObject({ data: { code: "INVALID_ARGUMENT", field } });
    expect(await alice.query(api.jobs.latest, { sessionId })).toBeNull();
  });

  test.each([-1, 0, 1.5, 201, NaN])("projects.list and videoSessions.listByProject: limit %s", async (limit) => {
    const { alice, projectId } = deployment;
    const refused = { data: { code: "INVALID_ARGUMENT", field: "limit" } };
    await expect(alice.query(api.projects.list, { limit })).rejects.toMatchObject(refused);
    await expect(alice.query(api.videoSessions.listByProject, { projectId, limit })).rejects.toMatchObject(refused);
  });

  test("projects.update: a title may not become empty", async () => {
    const { alice, projectId } = deployment;
    const refused = { data: { code: "INVALID_ARGUMENT", field: "title" } };
    await expect(alice.mutation(api.projects.update, { projectId, title: " " })).rejects.toMatchObject(refused);
  });

  test("projects.create and videoSessions.create: the title", async () => {
    const { alice, projectId } = deployment;
    const refused = { data: { code: "INVALID_ARGUMENT", field: "title" } };
    await expect(alice.mutation(api.projects.create, { title: "" })).rejects.toMatchObject(refused);
    const long = { projectId, title: "x".repeat(201) };
    await expect(alice.mutation(api.videoSessions.create, long)).rejects.toMatchObject(refused);
  });

  test("jobs.edit before there is a video: CONFLICT", async () => {
    const { alice, sessionId } = deployment;
    const edit = { sessionId, sceneId: "scene-1", instruction: "shorter" };
    await expect(alice.mutation(api.jobs.edit, edit)).rejects.toEqual(code("CONFLICT"));
    await generate(deployment);
    await expect(alice.mutation(api.jobs.edit, edit)).rejects.toEqual(code("CONFLICT"));
  });

  test("jobs.edit: a scene that is not there, and an empty instruction", async () => {
    const { alice, sessionId } = deployment;
    const { name } = await generate(deployment);
    await deliver(deployment, anEvent({ name, sessionId }, { phase: "Rendering", scenes: scenes("Running") }));
    const wrongScene = alice.mutation(api.jobs.edit, { sessionId, sceneId: "scene-9", instruction: "shorter" });
    const message = 'there is no scene "scene-9"; scenes of this video: scene-1';
    await expect(wrongScene).rejects.toMatchObject({ data: { field: "sceneId", message } });
    const empty = alice.mutation(api.jobs.edit, { sessionId, sceneId: "scene-1", instruction: "" });
    await expect(empty).rejects.toMatchObject({ data: { field: "instruction" } });
  });
});
