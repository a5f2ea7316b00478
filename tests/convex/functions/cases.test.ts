import { beforeEach, describe, expect, test, vi } from "vitest";
import fc from "fast-check";

import { api } from "../../../convex/_generated/api";
import type { Doc } from "../../../convex/_generated/dataModel";
import {
  accepts,
  deliver,
  generate,
  inADeployment,
  jobOf,
  requestsOf,
  runSchedule,
  sessionOf,
  stubApi,
  type Deployment,
} from "../support/backend";
import { A_VIDEO, anEvent, aWholeLife, scenes, signedCall } from "../support/webhooks";

let deployment: Deployment;

inADeployment((fresh) => {
  deployment = fresh;
});

beforeEach(() => {
  vi.spyOn(console, "error").mockReturnValue();
});

describe("many reports of one session at once", () => {
  const SCENES = 30;

  /** The reports of a video of 30 scenes: one for each scene that is done. */
  function reportsOf({ name, sessionId }: Doc<"jobs">) {
    return Array.from({ length: SCENES + 1 }, (_, done) => {
      const phases = Array.from({ length: SCENES }, (_, at) => (at < done ? "Succeeded" : "Running"));
      const phase = done === SCENES ? ("Succeeded" as const) : ("Rendering" as const);
      const fields = { sequence: done + 1, phase, progress: Math.floor((done * 100) / SCENES) };
      const video = phase === "Succeeded" && { video: { ...A_VIDEO, url: `http://localhost/${name}` } };
      return anEvent({ name, sessionId }, { uid: `uid-of-${name}`, ...fields, ...video, scenes: scenes(...phases) });
    });
  }

  test("ten videos, while the project is renamed and another session removed: none is lost", async () => {
    stubApi(accepts);
    const { alice, backend, projectId, sessionId } = deployment;
    const other = await alice.mutation(api.videoSessions.create, { projectId });
    const jobs: Doc<"jobs">[] = [];
    for (let count = 0; count < 10; count++) {
      jobs.push(await generate(deployment));
    }
    const reports = fc.sample(fc.shuffledSubarray(jobs.flatMap(reportsOf), { minLength: 310 }), {
      numRuns: 1,
      seed: 7,
    });
    const [arrivals = []] = reports;
    const outcomes = await Promise.all([
      ...arrivals.map(async (report) => (await deliver(deployment, report)).status),
      alice.mutation(api.projects.update, { projectId, title: "Renamed" }).then(() => 200),
      alice.mutation(api.videoSessions.remove, { sessionId: other }).then(() => 200),
    ]);
    expect(new Set(outcomes)).toEqual(new Set([200]));
    const receipts = await backend.run(async (ctx) => await ctx.db.query("jobEvents").collect());
    expect(receipts).toHaveLength(310);
    for (const { _id, name } of jobs) {
      const url = `http://localhost/${name}`;
      expect(await jobOf(alice, _id)).toMatchObject({ phase: "Succeeded", progress: 100, video: { url } });
    }
    const newest = jobs.at(-1);
    const shown = { status: "Succeeded", jobId: newest?._id, videoUrl: `http://localhost/${newest?.name}` };
    expect(await sessionOf(deployment)).toMatchObject(shown);
    const rows = await alice.query(api.scenes.listBySession, { sessionId });
    expect(rows.map(({ phase }) => phase)).toEqual(Array(SCENES).fill("Succeeded"));
    expect(await alice.query(api.projects.get, { projectId })).toMatchObject({ title: "Renamed" });
  });

  test("two edits of one scene at the same moment: both have an end, and the last one wins", async () => {
    const sent = stubApi(accepts);
    const { alice, sessionId } = deployment;
    const job = await generate(deployment);
    await runSchedule(deployment);
    await deliver(deployment, anEvent(job, { phase: "Succeeded", scenes: scenes("Succeeded") }));
    const edit = (instruction: string) => alice.mutation(api.jobs.edit, { sessionId, sceneId: "scene-1", instruction });
    await Promise.all([edit("first"), edit("second")]);
    await runSchedule(deployment);
    expect(sent.at(-1)?.body).toMatchObject({ instruction: "second", order: 3 });
    const states = (await requestsOf(deployment, job._id)).map(({ status }) => status);
    expect(states).toEqual(["accepted", "superseded", "accepted"]);
  });
});

describe("ids that are of something else, and things that go away", () => {
  const check = async (body: unknown) => {
    const response = await deployment.backend.fetch("/videotutor/check", await signedCall(body));
    return [response.status, ((await response.json()) as { error?: string }).error];
  };

  test("the id of a project as sessionId, and ids of another deployment: 404 that names which is unknown", async () => {
    const { projectId, sessionId } = deployment;
    const elsewhere = "kg2b3nvx7q0c4tz8m1h5w9y6ds7e0f1a";
    expect(await check({ projectId, sessionId: projectId })).toEqual([404, "unknown session"]);
    expect(await check({ projectId, sessionId: elsewhere })).toEqual([404, "unknown session"]);
    expect(await check({ projectId: elsewhere, sessionId })).toEqual([404, "unknown project"]);
    for (const named of [projectId, elsewhere, ""]) {
      const report = anEvent({ name: "by-hand", sessionId: named });
      expect(await deliver(deployment, report)).toEqual({ status: 404, outcome: "unknown session" });
    }
  });

  test("a session that is removed while its video is made: 404 at the check and for reports, others continue", async () => {
    stubApi(accepts);
    const { alice, projectId, sessionId } = deployment;
    const going = await generate(deployment);
    const staying = { ...deployment, sessionId: await alice.mutation(api.videoSessions.create, { projectId }) };
    const kept = await generate(staying);
    const [first, ...rest] = aWholeLife(going);
    await deliver(deployment, first as (typeof rest)[0]);
    await alice.mutation(api.videoSessions.remove, { sessionId });
    expect(await check({ projectId, sessionId })).toEqual([404, "unknown session"]);
    for (const [at, report] of aWholeLife({ name: kept.name, sessionId: staying.sessionId }).entries()) {
      const late = { ...(rest[at] ?? anEvent(going, { sequence: 99 })), eventId: `late-${at}` };
      expect((await deliver(deployment, late)).status).toBe(404);
      const uid = "uid-of-kept";
      expect((await deliver(deployment, { ...report, uid, eventId: `kept-${at}` })).outcome).toBe("applied");
    }
    expect(await sessionOf(staying)).toMatchObject({ status: "Succeeded" });
  });

  test("a VideoJob that is deleted and applied again with its sessionId is reported from its start", async () => {
    const { sessionId } = deployment;
    const of = { name: "by-hand", sessionId };
    for (const report of aWholeLife(of)) {
      await deliver(deployment, report);
    }
    const again = { uid: "uid-2", at: "2026-01-01T01:00:00Z", createdAt: "2026-01-01T00:59:00Z" };
    expect((await deliver(deployment, anEvent(of, { ...again, phase: "Planning" }))).outcome).toBe("applied");
    const session = await sessionOf(deployment);
    expect(session).toMatchObject({ status: "Planning", progress: 5 });
    expect(session).not.toHaveProperty("videoUrl");
  });
});
