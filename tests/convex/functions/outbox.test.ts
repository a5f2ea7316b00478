import { describe, expect, test, vi } from "vitest";

import { api } from "../../../convex/_generated/api";
import { MAX_ATTEMPTS, waitAfter } from "../../../convex/lib/queue";
import { sha256Hex } from "../../../convex/lib/signatures";
import {
  accepts,
  deliver,
  generate,
  inADeployment,
  isBusy,
  jobOf,
  passTime,
  runSchedule,
  sessionOf,
  stubApi,
  type Deployment,
} from "../support/backend";
import { anEvent, aWholeLife, hex, hmac } from "../support/webhooks";

let deployment: Deployment;

inADeployment((fresh) => {
  deployment = fresh;
});

const refuses = () =>
  Response.json(
    {
      title: "Bad input",
      detail: "the prompt is not English",
      errors: [{ field: "prompt", message: "unknown words" }],
    },
    { status: 422 },
  );

describe("generate", () => {
  test("queued -> accepted: the API is sent a signed request", async () => {
    const sent = stubApi(accepts);
    const { _id: jobId, status, name } = await generate(deployment);
    expect(status).toBe("queued");
    await passTime(deployment, 1);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ status: "accepted", attempts: 1, phase: "Pending" });
    const [{ path, headers, raw, body }] = sent as [(typeof sent)[0]];
    expect(path).toBe("/jobs/generate");
    expect(headers.get("x-webhook-signature")).toBe(`sha256=${hex(await hmac("webhook-secret", raw))}`);
    expect(body).toEqual({
      projectId: deployment.projectId,
      sessionId: deployment.sessionId,
      prompt: "the chain rule",
      sceneCount: 2,
      requestId: jobId,
      timestamp: Math.floor(Date.now() / 1000),
    });
    expect(name).toBe(`video-${(await sha256Hex(jobId)).slice(0, 12)}`);
  });

  test("the caller's wishes are handed on as they are", async () => {
    const sent = stubApi(accepts);
    const wishes = {
      planner: "outline" as const,
      output: { resolution: "480p" as const, draft: true },
      narration: { enabled: false },
    };
    const { alice, sessionId } = deployment;
    await alice.mutation(api.jobs.generate, { sessionId, prompt: "# Limits", sceneCount: 1, ...wishes });
    await passTime(deployment, 1);
    expect(sent[0]?.body).toMatchObject(wishes);
  });

  test("queued -> rejected: what the API said is shown, and it is not asked again", async () => {
    const sent = stubApi(refuses);
    const { _id: jobId } = await generate(deployment);
    await passTime(deployment, 1);
    await runSchedule(deployment);
    expect(sent).toHaveLength(1);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ status: "rejected", phase: "Failed" });
    const message = "the prompt is not English; prompt: unknown words";
    expect(await sessionOf(deployment)).toMatchObject({ status: "Failed", message });
  });

  test("queued -> queued -> accepted: the watchdog sends again, under the same id", async () => {
    const sent = stubApi(isBusy, accepts);
    const { _id: jobId } = await generate(deployment);
    await passTime(deployment, 1);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ status: "queued", attempts: 1 });
    await passTime(deployment, waitAfter(0));
    await passTime(deployment, 1);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ status: "accepted", attempts: 2 });
    expect(sent.map(({ body }) => body["requestId"])).toEqual([jobId, jobId]);
  });

  test("queued -> rejected: an API that never answers is given up, with the reason", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    const sent = stubApi();
    const { _id: jobId } = await generate(deployment);
    for (let attempt = 0; attempt <= MAX_ATTEMPTS; attempt++) {
      await passTime(deployment, 1);
      await passTime(deployment, waitAfter(attempt));
    }
    expect(sent).toHaveLength(MAX_ATTEMPTS);
    expect(log).toHaveBeenLastCalledWith("the API gave no answer:", "TypeError", "fetch failed: connection refused");
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ status: "rejected", attempts: MAX_ATTEMPTS });
    const { status, message } = await sessionOf(deployment);
    expect(status).toBe("Failed");
    expect(message).toMatch(/could not be reached in 8 attempts: the API gave no answer \(TypeError\)/);
  });

  test("queued -> accepted by a report: the API's answer was lost, and the watchdog rests", async () => {
    const sent = stubApi(isBusy);
    const { name, _id: jobId } = await generate(deployment);
    await passTime(deployment, 1);
    await deliver(deployment, anEvent({ name, sessionId: deployment.sessionId }, { phase: "Rendering" }));
    await runSchedule(deployment);
    expect(sent).toHaveLength(1);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ status: "accepted", phase: "Rendering" });
  });

  test("a report may come before the API's answer: none is lost", async () => {
    const { sessionId } = deployment;
    let name = "";
    stubApi(async () => {
      await deliver(deployment, anEvent({ name, sessionId }, { phase: "Rendering" }));
      return accepts();
    });
    const job = await generate(deployment);
    name = job.name;
    await passTime(deployment, 1);
    expect(await jobOf(deployment.alice, job._id)).toMatchObject({ status: "accepted", phase: "Rendering" });
  });

  test("a missing setting is named, and the job waits for it", async () => {
    vi.stubEnv("VIDEOTUTOR_API_URL", "");
    stubApi(accepts);
    const { _id: jobId } = await generate(deployment);
    await passTime(deployment, 1);
    const requests = await deployment.backend.run(async (ctx) => await ctx.db.query("requests").collect());
    expect(requests).toMatchObject([{ jobId, status: "queued" }]);
    expect(requests[0]?.message).toMatch(/VIDEOTUTOR_API_URL is not set/);
  });
});

describe("edit", () => {
  const wish = { sceneId: "scene-2", instruction: "use a shorter example" };

  async function aFinishedVideo() {
    const job = await generate(deployment);
    await passTime(deployment, 1);
    for (const event of aWholeLife({ name: job.name, sessionId: deployment.sessionId })) {
      await deliver(deployment, event);
    }
    return job;
  }

  test("Succeeded -> queued -> accepted: the same job, with one scene to be made anew", async () => {
    const sent = stubApi(accepts);
    const { _id: jobId, name } = await aFinishedVideo();
    const { alice, sessionId, projectId } = deployment;
    expect(await alice.mutation(api.jobs.edit, { sessionId, ...wish })).toBe(jobId);
    await passTime(deployment, 1);
    expect(await jobOf(alice, jobId)).toMatchObject({ kind: "edit", status: "accepted", attempts: 1 });
    expect(sent[1]?.path).toBe("/jobs/edit");
    expect(sent[1]?.body).toMatchObject({ jobId: name, projectId, sessionId, ...wish });
  });

  test("two edits are two requests", async () => {
    const sent = stubApi(accepts);
    await aFinishedVideo();
    for (const sceneId of ["scene-1", "scene-2"]) {
      await deployment.alice.mutation(api.jobs.edit, { ...wish, sessionId: deployment.sessionId, sceneId });
      await passTime(deployment, 1);
    }
    expect(new Set(sent.map(({ body }) => body["requestId"])).size).toBe(3);
  });

  test("queued -> rejected: an edit without an answer does not undo a later one of the same scene", async () => {
    const sent = stubApi(accepts, isBusy, isBusy, accepts);
    const { _id: jobId } = await aFinishedVideo();
    const { alice, backend, sessionId } = deployment;
    for (const [sceneId, instruction] of [
      ["scene-2", "first"],
      ["scene-1", "of another scene"],
      ["scene-2", "second"],
    ] as const) {
      await alice.mutation(api.jobs.edit, { sessionId, sceneId, instruction });
      await passTime(deployment, 1);
    }
    await passTime(deployment, waitAfter(0));
    await passTime(deployment, 1);
    const instructions = sent.slice(1).map(({ body }) => body["instruction"]);
    expect(instructions).toEqual(["first", "of another scene", "second", "of another scene"]);
    const requests = await backend.run(async (ctx) => await ctx.db.query("requests").collect());
    expect(requests.map(({ status }) => status)).toEqual(["accepted", "rejected", "accepted", "accepted"]);
    expect(requests[1]?.message).toBe("replaced by a later edit of this scene");
    expect(await jobOf(alice, jobId)).toMatchObject({ status: "accepted", phase: "Succeeded" });
    expect((await sessionOf(deployment)).message).toBeUndefined();
  });

  test("an edit that is refused after a later one was accepted is not shown as the state of the job", async () => {
    let answer = (_: Response) => {};
    const first = new Promise<Response>((resolve) => (answer = resolve));
    const sent = stubApi(accepts, () => first, accepts);
    const { _id: jobId } = await aFinishedVideo();
    const { alice, sessionId } = deployment;
    await alice.mutation(api.jobs.edit, { sessionId, ...wish });
    vi.advanceTimersByTime(1);
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    await alice.mutation(api.jobs.edit, { sessionId, ...wish, instruction: "a later one" });
    vi.advanceTimersByTime(1);
    await vi.waitFor(async () => expect(await jobOf(alice, jobId)).toMatchObject({ status: "accepted" }));
    answer(refuses());
    await deployment.backend.finishInProgressScheduledFunctions();
    expect(await jobOf(alice, jobId)).toMatchObject({ status: "accepted" });
    expect((await sessionOf(deployment)).message).toBeUndefined();
  });

  test("Succeeded -> rejected: the video stays, and the session says what was wrong", async () => {
    stubApi(accepts, refuses);
    const { _id: jobId } = await aFinishedVideo();
    await deployment.alice.mutation(api.jobs.edit, { sessionId: deployment.sessionId, ...wish });
    await passTime(deployment, 1);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({
      kind: "edit",
      status: "rejected",
      phase: "Succeeded",
    });
    const message = "the prompt is not English; prompt: unknown words";
    expect(await sessionOf(deployment)).toMatchObject({ status: "Succeeded", message });
  });
});
