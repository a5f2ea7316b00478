import { afterEach, beforeEach, describe, expect, test, vi, type MockInstance } from "vitest";

import { api, internal } from "../../../convex/_generated/api";
import type { Id } from "../../../convex/_generated/dataModel";
import { MAX_ATTEMPTS, waitAfter } from "../../../convex/lib/outbox";
import { sha256Hex } from "../../../convex/lib/signatures";
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
import { anEvent, hex, hmac, scenes } from "../support/webhooks";

const HOUR = 3_600_000;
let deployment: Deployment;
let log: MockInstance<typeof console.error>;

inADeployment((fresh) => {
  deployment = fresh;
});

beforeEach(() => {
  log = vi.spyOn(console, "error").mockReturnValue();
});

afterEach(() => {
  log.mockRestore();
});

const logged = () => log.mock.calls.map((words) => words.join(" ")).join("\n");

const refuses = refusesWith(422, {
  detail: "prompt is not English",
  errors: [
    { field: "prompt", message: "unknown words" },
    { field: "X-Webhook-Signature", message: "does not match" },
  ],
});
const REFUSED = "The video service did not accept this request. prompt: unknown words";
const TROUBLE = "The video service is not answering correctly. We keep trying.";

describe("generate", () => {
  test("queued -> accepted: the API is sent a signed request", async () => {
    const sent = stubApi(accepts);
    const { _id: jobId, lastRequest, name } = await generate(deployment);
    expect(lastRequest?.status).toBe("queued");
    await passTime(deployment, 1);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({
      lastRequest: { status: "accepted" },
      phase: "Pending",
    });
    expect((await requestsOf(deployment, jobId))[0]).toMatchObject({ attempts: 1 });
    const [{ path, headers, raw, body }] = sent as [(typeof sent)[0]];
    expect(path).toBe("/jobs/generate");
    expect(headers.get("x-webhook-signature")).toBe(`sha256=${hex(await hmac("the-webhook-secret", raw))}`);
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

  test("queued -> rejected: the refusal is shown as far as it is about the user's input, and nothing is sent again", async () => {
    const sent = stubApi(refuses);
    const { _id: jobId } = await generate(deployment);
    await passTime(deployment, 1);
    await runSchedule(deployment);
    expect(sent).toHaveLength(1);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({
      lastRequest: { status: "rejected" },
      phase: "Failed",
    });
    expect(await sessionOf(deployment)).toMatchObject({ status: "Failed", message: REFUSED });
  });

  test("queued -> queued -> accepted: the watchdog sends again, under the same id", async () => {
    const sent = stubApi(isBusy, accepts);
    const { _id: jobId } = await generate(deployment);
    await passTime(deployment, 1);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ lastRequest: { status: "queued" } });
    expect((await requestsOf(deployment, jobId))[0]).toMatchObject({ attempts: 1 });
    await passTime(deployment, waitAfter(0));
    await passTime(deployment, 1);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ lastRequest: { status: "accepted" } });
    expect((await requestsOf(deployment, jobId))[0]).toMatchObject({ attempts: 2 });
    expect(sent.map(({ body }) => body["requestId"])).toEqual([jobId, jobId]);
  });

  test("queued -> expired: an API that never answers is given up after a day", async () => {
    const sent = stubApi();
    const { _id: jobId } = await generate(deployment);
    const start = Date.now();
    await runSchedule(deployment);
    expect(sent).toHaveLength(MAX_ATTEMPTS);
    expect(Date.now() - start).toBeGreaterThan(23 * HOUR);
    expect(Date.now() - start).toBeLessThan(25 * HOUR);
    expect(logged()).toContain("no answer (TypeError): fetch failed: connection refused");
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ lastRequest: { status: "expired" } });
    expect((await requestsOf(deployment, jobId))[0]).toMatchObject({ attempts: MAX_ATTEMPTS });
    const message = "The video service did not answer for a day. Try again.";
    expect(await sessionOf(deployment)).toMatchObject({ status: "Failed", message });
  });

  test("queued -> expired: also where the action never starts", async () => {
    const sent = stubApi(accepts);
    const { _id: jobId } = await generate(deployment);
    const request = await deployment.backend.run(async (ctx) => await ctx.db.query("requests").first());
    const requestId = request?._id as Id<"requests">;
    await deployment.backend.run(async (ctx) => {
      for (const call of await ctx.db.system.query("_scheduled_functions").collect()) {
        await ctx.scheduler.cancel(call._id);
      }
    });
    await deployment.backend.mutation(internal.outbox.redispatch, { requestId, attempt: MAX_ATTEMPTS });
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ lastRequest: { status: "expired" } });
    expect((await requestsOf(deployment, jobId))[0]).toMatchObject({ attempts: 0 });
    expect(sent).toHaveLength(0);
  });

  test("an hour with a wrong secret: the video is made all the same", async () => {
    const sent = stubApi(() => (Date.now() < repaired ? refusesWith(401)() : accepts()));
    const repaired = Date.now() + HOUR;
    const { _id: jobId } = await generate(deployment);
    await runSchedule(deployment);
    expect(sent.length).toBeLessThan(15);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({
      lastRequest: { status: "accepted" },
      phase: "Pending",
    });
    expect(await sessionOf(deployment)).not.toHaveProperty("message");
  });

  test("a report does not end it: only the API knows whether the VideoJob is the one that was requested", async () => {
    const sent = stubApi(isBusy, accepts);
    const { name, _id: jobId } = await generate(deployment);
    await passTime(deployment, 1);
    const of = { name, sessionId: deployment.sessionId };
    await deliver(deployment, anEvent(of, { namespace: "of another tenant", uid: "uid-2", phase: "Rendering" }));
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ lastRequest: { status: "queued" } });
    await runSchedule(deployment);
    expect(sent.map(({ path }) => path)).toEqual(["/jobs/generate", "/jobs/generate"]);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({
      lastRequest: { status: "accepted" },
      phase: "Rendering",
    });
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
    expect(await jobOf(deployment.alice, job._id)).toMatchObject({
      lastRequest: { status: "accepted" },
      phase: "Rendering",
    });
  });

  test("a missing setting is named in the log, and the job waits for it", async () => {
    vi.stubEnv("VIDEOTUTOR_API_URL", "");
    stubApi(accepts);
    const { _id: jobId } = await generate(deployment);
    await passTime(deployment, 1);
    const requests = await deployment.backend.run(async (ctx) => await ctx.db.query("requests").collect());
    expect(requests).toMatchObject([{ jobId, status: "queued", message: TROUBLE }]);
    expect(logged()).toContain("VIDEOTUTOR_API_URL is not set");
  });
});

describe("only a problem document of the API is a refusal", () => {
  const secretive = { detail: "X-Webhook-Signature does not match: check WEBHOOK_SECRET" };
  const page = (status: number, type = "text/html") =>
    new Response("<h1>default backend</h1>", { status, headers: { "content-type": type } });
  const problem = (status: number, body: unknown, type: string) =>
    new Response(JSON.stringify(body), { status, headers: { "content-type": type } });

  test.each([400, 404, 409, 410, 413, 422])("HTTP %d with one: final, in words for users", async (status) => {
    const sent = stubApi(refusesWith(status, secretive));
    const { _id: jobId } = await generate(deployment);
    await runSchedule(deployment);
    expect(sent).toHaveLength(1);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({
      lastRequest: { status: "rejected" },
      phase: "Failed",
    });
    const { message } = await sessionOf(deployment);
    expect(message).toMatch(/^(The video service did not accept|This (session|request|is not possible))[^_]*\.$/);
    expect(logged()).toContain(secretive.detail);
  });

  test.each<[string, () => Response]>([
    ["HTTP 401 with one", refusesWith(401, secretive)],
    ["HTTP 403 with one", refusesWith(403, secretive)],
    ["HTTP 408 with one", refusesWith(408, secretive)],
    ["HTTP 421 with one", refusesWith(421, secretive)],
    ["HTTP 425 with one", refusesWith(425, secretive)],
    ["HTTP 429 with one", refusesWith(429, secretive)],
    ["HTTP 500 with one", refusesWith(500, secretive)],
    ["HTTP 503 with one", refusesWith(503, secretive)],
    [
      "an API that asks another Convex",
      refusesWith(404, { errors: [{ field: "sessionId", message: "is not known" }] }),
    ],
    ["the same for the project", refusesWith(404, { errors: [{ field: "projectId", message: "is not known" }] })],
    ["a sign-in page with HTTP 200", () => page(200)],
    ["an empty answer with HTTP 202", () => new Response(null, { status: 202 })],
    ["JSON of another service", () => Response.json({ ok: true })],
    ["an acceptance in a list", () => Response.json([{ status: "accepted" }])],
    ["an acceptance that was cut", () => new Response('{"status": "accep')],
    ["a generate that is superseded", () => Response.json({ status: "superseded" })],
    ["a redirect", () => new Response(null, { status: 308, headers: { location: "http://other.test" } })],
    ["an ingress's 404", () => page(404)],
    ["a page of that media type", () => page(404, "application/problem+json")],
    ["JSON of another media type", () => problem(422, { status: 422 }, "application/json")],
    ["a document of another status", () => problem(422, { status: 400 }, "application/problem+json")],
    ["a document without a status", () => problem(422, { detail: "no" }, "application/problem+json")],
    ["a list", () => problem(422, [{ status: 422 }], "application/problem+json")],
    ["null", () => problem(404, null, "application/problem+json")],
  ])("%s: tried again, with a plain sentence for users and the rest in the log", async (_what, answer) => {
    const sent = stubApi(answer, accepts);
    const { _id: jobId } = await generate(deployment);
    await passTime(deployment, 1);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ lastRequest: { status: "queued" }, phase: "Pending" });
    expect(await sessionOf(deployment)).toMatchObject({ status: "Pending", message: TROUBLE });
    expect(logged()).toMatch(/POST \/jobs\/generate to the API:.*HTTP \d+/);
    await runSchedule(deployment);
    expect(sent).toHaveLength(2);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({
      lastRequest: { status: "accepted" },
      phase: "Pending",
    });
    expect(await sessionOf(deployment)).not.toHaveProperty("message");
  });

  test("with parameters in its media type: final", async () => {
    stubApi(() => problem(422, { status: 422 }, "Application/Problem+JSON; charset=utf-8"));
    const { _id: jobId } = await generate(deployment);
    await passTime(deployment, 1);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ lastRequest: { status: "rejected" } });
  });

  test("an answer without an end is read in part only", async () => {
    let sentBytes = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sentBytes += 10_000;
        controller.enqueue(new Uint8Array(10_000));
      },
    });
    stubApi(() => new Response(endless, { status: 422, headers: { "content-type": "application/problem+json" } }));
    const { _id: jobId } = await generate(deployment);
    await passTime(deployment, 1);
    expect(sentBytes).toBeLessThan(100_000);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ lastRequest: { status: "queued" } });
  });
});

test("an acceptance of an earlier API, which names no namespace", async () => {
  const sent = stubApi(() => Response.json({ jobId: "video-1", status: "accepted", name: "video-1" }, { status: 202 }));
  const { _id: jobId } = await generate(deployment);
  await runSchedule(deployment);
  expect(sent).toHaveLength(1);
  expect(await jobOf(deployment.alice, jobId)).toMatchObject({ lastRequest: { status: "accepted" } });
});

test.each(["edit", "delete"] as const)("a page with HTTP 200 does not end the request to %s", async (kind) => {
  stubApi(accepts);
  const { alice, sessionId } = deployment;
  const { name } = await generate(deployment);
  await passTime(deployment, 1);
  await deliver(deployment, anEvent({ name, sessionId }, { phase: "Succeeded", scenes: scenes("Succeeded") }));
  await passTime(deployment, HOUR);
  const sent = stubApi(() => new Response("<!doctype html><title>Sign in</title>"), accepts);
  await (kind === "edit"
    ? alice.mutation(api.jobs.edit, { sessionId, sceneId: "scene-1", instruction: "shorter" })
    : alice.mutation(api.videoSessions.remove, { sessionId }));
  await runSchedule(deployment);
  expect(sent.map(({ path }) => path)).toEqual([`/jobs/${kind}`, `/jobs/${kind}`]);
});
