import { beforeEach, describe, expect, test, vi } from "vitest";

import { api } from "../../../convex/_generated/api";
import type { Doc, Id } from "../../../convex/_generated/dataModel";
import { MAX_REQUESTS_PER_HOUR } from "../../../convex/lib/limits";
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

/** A video that was handed over and reported in this phase. */
async function aVideo(phase: "Rendering" | "Failed" | "Succeeded" | "Cancelled", sequence = 1) {
  const job = await generate(deployment);
  await passTime(deployment, 1);
  const of = { name: job.name, sessionId: deployment.sessionId };
  await deliver(deployment, anEvent(of, { sequence, phase, scenes: scenes("Running") }));
  return job;
}

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

describe("an edit or retry that no report shows yet", () => {
  const act = async (kind: "edit" | "retry", jobId: Id<"jobs">) => {
    const { alice, sessionId } = deployment;
    const edit = { sessionId, sceneId: "scene-1", instruction: "shorter" };
    await (kind === "edit" ? alice.mutation(api.jobs.edit, edit) : retry(jobId));
  };
  const calls = (sent: ReturnType<typeof stubApi>) => sent.map(({ path }) => path.replace("/jobs/", ""));

  test.each([
    ["edit", "Succeeded"],
    ["edit", "Failed"],
    ["retry", "Failed"],
    ["retry", "Cancelled"],
  ] as const)("%s of a %s video can be cancelled: before it was sent, nothing is sent", async (kind, phase) => {
    const { _id: jobId } = await aVideo(phase);
    const sent = stubApi(accepts);
    await act(kind, jobId);
    await cancel(jobId);
    await runSchedule(deployment);
    expect(sent).toEqual([]);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ phase, lastRequest: { kind, status: "superseded" } });
    await expect(cancel(jobId)).rejects.toMatchObject(refused("CONFLICT"));
  });

  test.each(["edit", "retry"] as const)("%s without an answer: it is not sent after the cancellation", async (kind) => {
    const { _id: jobId } = await aVideo("Failed");
    const sent = stubApi(isBusy, accepts);
    await act(kind, jobId);
    await passTime(deployment, 1);
    await cancel(jobId);
    await runSchedule(deployment);
    expect(calls(sent)).toEqual([kind, "cancel"]);
  });

  test("a cancellation waits for the answer to the retry that it is about", async () => {
    const { _id: jobId } = await aVideo("Failed");
    let answer = (_: Response) => {};
    const late = new Promise<Response>((resolve) => (answer = resolve));
    const sent = stubApi(() => late, accepts);
    await retry(jobId);
    vi.advanceTimersByTime(1);
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    await cancel(jobId);
    vi.advanceTimersByTime(1);
    answer(accepts());
    await passTime(deployment, 1);
    await passTime(deployment, 1);
    expect(calls(sent)).toEqual(["retry", "cancel"]);
  });

  test("accepted: it can be cancelled, and a new video in the session cancels it", async () => {
    for (const cancels of [cancel, async () => await generate(deployment)]) {
      const { _id: jobId } = await aVideo("Failed");
      const sent = stubApi(accepts);
      await retry(jobId);
      await passTime(deployment, 1);
      await cancels(jobId);
      await passTime(deployment, 1);
      expect(calls(sent).slice(0, 2)).toEqual(["retry", "cancel"]);
    }
  });

  test("retry is sent once, however often it is clicked, until a report shows it", async () => {
    const { _id: jobId, name } = await aVideo("Failed");
    const sent = stubApi(accepts);
    for (let click = 0; click < 5; click++) {
      await retry(jobId);
      await passTime(deployment, click);
    }
    expect(calls(sent)).toEqual(["retry"]);
    const of = { name, sessionId: deployment.sessionId };
    await deliver(deployment, anEvent(of, { sequence: 2, generation: 2, phase: "Rendering" }));
    await deliver(deployment, anEvent(of, { sequence: 3, generation: 2, phase: "Failed" }));
    await retry(jobId);
    await passTime(deployment, 1);
    expect(calls(sent)).toEqual(["retry", "retry"]);
  });

  test("a cancellation after a refused one counts as a request", async () => {
    const { _id: jobId } = await aVideo("Rendering");
    stubApi(refusesWith(409));
    const clicks = async () => {
      for (let click = 0; click <= MAX_REQUESTS_PER_HOUR; click++) {
        await cancel(jobId);
        await passTime(deployment, 1);
      }
    };
    await expect(clicks()).rejects.toMatchObject(refused("LIMIT_EXCEEDED"));
  });
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
