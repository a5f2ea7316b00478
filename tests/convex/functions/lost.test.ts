import { beforeEach, describe, expect, test, vi } from "vitest";

import { api } from "../../../convex/_generated/api";
import type { Doc } from "../../../convex/_generated/dataModel";
import { MAX_UNFINISHED_JOBS } from "../../../convex/lib/limits";
import type { Phase } from "../../../convex/phases";
import {
  accepts,
  acceptsIn,
  deliver,
  generate,
  inADeployment,
  jobOf,
  passTime,
  refusesWith,
  runSchedule,
  sessionOf,
  stubApi,
  type Deployment,
} from "../support/backend";
import { A_VIDEO, anEvent, scenes } from "../support/webhooks";

let deployment: Deployment;

inADeployment((fresh) => {
  deployment = fresh;
});

beforeEach(() => {
  vi.spyOn(console, "error").mockReturnValue();
});

const GONE = "This video does not exist any more.";

/** A video that was reported in this phase, with a finished video of before. */
async function aVideo(phase: Phase, of = deployment): Promise<Doc<"jobs">> {
  stubApi(accepts);
  const job = await generate(of);
  await passTime(of, 1);
  const reported = { phase, scenes: scenes("Succeeded"), video: A_VIDEO, planner: "outline" };
  await deliver(of, anEvent({ name: job.name, sessionId: of.sessionId }, reported));
  return job;
}

async function act(kind: "edit" | "cancel" | "retry", { _id: jobId, sessionId }: Doc<"jobs">) {
  const edit = { sessionId, sceneId: "scene-1", instruction: "shorter" };
  const { alice } = deployment;
  await (kind === "edit" ? alice.mutation(api.jobs.edit, edit) : alice.mutation(api.jobs[kind], { jobId }));
}

describe("a VideoJob that does not exist any more", () => {
  test.each([
    ["cancel", "Rendering", "Failed", 404],
    ["cancel", "Suspended", "Failed", 410],
    ["edit", "Rendering", "Failed", 404],
    ["edit", "Succeeded", "Failed", 404],
    ["edit", "Cancelled", "Cancelled", 404],
    ["retry", "Failed", "Failed", 404],
    ["retry", "Cancelled", "Cancelled", 410],
  ] as const)("%s of a %s video: it is %s, says so, and shows no video", async (kind, phase, after, status) => {
    const job = await aVideo(phase);
    stubApi(refusesWith(status));
    await act(kind, job);
    await runSchedule(deployment);
    const row = await jobOf(deployment.alice, job._id);
    expect(row).toMatchObject({ phase: after, message: GONE, lastRequest: { kind, status: "rejected" } });
    const session = await sessionOf(deployment);
    expect(session).toMatchObject({ status: after, message: GONE });
    expect([row.video, row.planner, row.cancelRequested, session.videoUrl]).toEqual(Array(4).fill(undefined));
    expect(await deployment.alice.query(api.scenes.listBySession, { sessionId: job.sessionId })).toEqual([]);
  });

  test("retry makes it again", async () => {
    const job = await aVideo("Rendering");
    stubApi(refusesWith(404));
    await act("cancel", job);
    await runSchedule(deployment);
    const sent = stubApi(accepts);
    await act("retry", job);
    await runSchedule(deployment);
    expect(sent.map(({ path, body }) => [path, body["requestId"]])).toEqual([["/jobs/generate", job._id]]);
    const again = anEvent(job, { uid: "uid-2", phase: "Rendering" });
    expect((await deliver(deployment, again)).outcome).toBe("applied");
    expect(await sessionOf(deployment)).toMatchObject({ status: "Rendering" });
  });

  test("a report of it shows that the API was wrong", async () => {
    const job = await aVideo("Rendering");
    stubApi(refusesWith(404));
    await act("edit", job);
    await runSchedule(deployment);
    const later = anEvent(job, { sequence: 2, phase: "Succeeded", video: A_VIDEO });
    expect((await deliver(deployment, later)).outcome).toBe("applied");
    expect(await sessionOf(deployment)).toMatchObject({ status: "Succeeded", videoUrl: A_VIDEO.url });
  });

  test("as many as a user may have: they make room", async () => {
    const jobs: Doc<"jobs">[] = [];
    for (let count = 0; count < MAX_UNFINISHED_JOBS; count++) {
      const { alice, projectId } = deployment;
      const sessionId = await alice.mutation(api.videoSessions.create, { projectId });
      jobs.push(await aVideo("Rendering", { ...deployment, sessionId }));
    }
    await expect(generate(deployment)).rejects.toMatchObject({ data: { code: "LIMIT_EXCEEDED" } });
    stubApi(refusesWith(404));
    for (const job of jobs) {
      await act("cancel", job);
    }
    await runSchedule(deployment);
    await generate(deployment);
  });

  test("one that Convex did not request cannot be made again", async () => {
    const { alice, projectId, sessionId } = deployment;
    stubApi(acceptsIn("lessons"));
    await generate({ ...deployment, sessionId: await alice.mutation(api.videoSessions.create, { projectId }) });
    await passTime(deployment, 1);
    await deliver(deployment, anEvent({ name: "by-hand", sessionId }, { phase: "Failed" }));
    const job = (await alice.query(api.jobs.latest, { sessionId })) as Doc<"jobs">;
    stubApi(refusesWith(404));
    await act("retry", job);
    await runSchedule(deployment);
    await expect(act("retry", job)).rejects.toMatchObject({ data: { code: "CONFLICT" } });
  });

  test.each([{ type: "/problems#no-such-address" }, { detail: "there is no such address; GET /docs lists them" }])(
    "an API without the path says nothing about the VideoJob: %j",
    async (fields) => {
      const job = await aVideo("Rendering");
      stubApi(refusesWith(404, fields));
      await act("cancel", job);
      await runSchedule(deployment);
      expect(await jobOf(deployment.alice, job._id)).toMatchObject({ phase: "Rendering", video: A_VIDEO });
    },
  );
});
