import { describe, expect, test, vi } from "vitest";
import fc from "fast-check";

import { api } from "../../../convex/_generated/api";
import { waitAfter } from "../../../convex/lib/outbox";
import { FakeEdits } from "../support/fake-edits";
import {
  accepts,
  aDeployment,
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

/** Random histories of edits; `make torture` runs 1,000. */
const EDIT_RUNS = Number(process.env["EDIT_RUNS"] ?? 200);

let deployment: Deployment;

inADeployment((fresh) => {
  deployment = fresh;
});

const change = { sceneId: "scene-2", instruction: "use a shorter example" };
const refuses = refusesWith(422, { errors: [{ field: "instruction", message: "unknown words" }] });

async function aFinishedVideo() {
  const job = await generate(deployment);
  await passTime(deployment, 1);
  const of = { name: job.name, sessionId: deployment.sessionId };
  await deliver(deployment, anEvent(of, { phase: "Succeeded", scenes: scenes("Succeeded", "Succeeded") }));
  return job;
}

async function edit(instruction: string, sceneId = change.sceneId) {
  await deployment.alice.mutation(api.jobs.edit, { sessionId: deployment.sessionId, sceneId, instruction });
}

test("Succeeded -> queued -> accepted: the same job, with one scene to be rendered again", async () => {
  const sent = stubApi(accepts);
  const { _id: jobId, name } = await aFinishedVideo();
  const { alice, sessionId, projectId } = deployment;
  expect(await alice.mutation(api.jobs.edit, { sessionId, ...change })).toBe(jobId);
  await passTime(deployment, 1);
  expect(await jobOf(alice, jobId)).toMatchObject({ lastRequest: { kind: "edit", status: "accepted" } });
  expect(sent[1]?.path).toBe("/jobs/edit");
  expect(sent[1]?.body).toMatchObject({ jobId: name, projectId, sessionId, ...change, order: 2 });
});

test("two edits are two requests, and their order rises", async () => {
  const sent = stubApi(accepts);
  await aFinishedVideo();
  for (const sceneId of ["scene-1", "scene-2"]) {
    await edit("shorter", sceneId);
    await passTime(deployment, 1);
  }
  expect(new Set(sent.map(({ body }) => body["requestId"])).size).toBe(3);
  expect(sent.slice(1).map(({ body }) => body["order"])).toEqual([2, 3]);
});

test("queued -> superseded: an edit without an answer is not sent after a later one of the same scene", async () => {
  const sent = stubApi(accepts, isBusy, isBusy, accepts);
  const { _id: jobId } = await aFinishedVideo();
  for (const [instruction, sceneId] of [["first"], ["of another scene", "scene-1"], ["second"]] as const) {
    await edit(instruction, sceneId);
    await passTime(deployment, 1);
  }
  await passTime(deployment, waitAfter(0));
  await passTime(deployment, 1);
  const instructions = sent.slice(1).map(({ body }) => body["instruction"]);
  expect(instructions).toEqual(["first", "of another scene", "second", "of another scene"]);
  const [second, other, first] = await requestsOf(deployment, jobId);
  expect(first).toMatchObject({ status: "superseded", supersededBy: second?._id });
  expect([other?.status, second?.status]).toEqual(["accepted", "accepted"]);
  expect(await jobOf(deployment.alice, jobId)).toMatchObject({ lastRequest: { status: "accepted" } });
});

test("dispatched -> superseded: an edit whose answer is lost after a later one was accepted", async () => {
  let fail = (_: Error) => {};
  const lost = new Promise<Response>((_resolve, reject) => (fail = reject));
  const sent = stubApi(accepts, () => lost, accepts);
  const { _id: jobId } = await aFinishedVideo();
  await edit("first");
  vi.advanceTimersByTime(1);
  await vi.waitFor(() => expect(sent).toHaveLength(2));
  await edit("second");
  vi.advanceTimersByTime(1);
  await vi.waitFor(async () => expect((await requestsOf(deployment, jobId))[0]?.status).toBe("accepted"));
  vi.spyOn(console, "error").mockReturnValue();
  fail(new TypeError("connection reset"));
  await runSchedule(deployment);
  expect((await requestsOf(deployment, jobId)).map(({ status }) => status)).toEqual([
    "accepted",
    "superseded",
    "accepted",
  ]);
  expect(sent).toHaveLength(3);
});

test("dispatched -> superseded: what the API says of an edit that came too late is kept", async () => {
  stubApi(accepts, () => Response.json({ status: "superseded" }));
  const { _id: jobId } = await aFinishedVideo();
  await edit("late");
  await runSchedule(deployment);
  expect((await requestsOf(deployment, jobId))[0]).toMatchObject({ status: "superseded", attempts: 1 });
});

test("Succeeded -> rejected: the video and its message stay, and the request says what was wrong", async () => {
  vi.spyOn(console, "error").mockReturnValue();
  stubApi(accepts, refuses);
  const { _id: jobId } = await aFinishedVideo();
  await edit("Blorb");
  await passTime(deployment, 1);
  const message = "The video service did not accept this request. instruction: unknown words";
  const lastRequest = { kind: "edit", status: "rejected", message };
  expect(await jobOf(deployment.alice, jobId)).toMatchObject({ phase: "Succeeded", lastRequest });
  const session = await sessionOf(deployment);
  expect(session.status).toBe("Succeeded");
  expect(session).not.toHaveProperty("message");
});

test("an API of an earlier version, which does not have `order`: the edit is sent without it", async () => {
  vi.spyOn(console, "error").mockReturnValue();
  const sent = stubApi(accepts, refusesWith(422, { errors: [{ field: "order", message: "is not known" }] }), accepts);
  const { _id: jobId } = await aFinishedVideo();
  await edit("shorter");
  await passTime(deployment, 1);
  expect(sent.slice(1).map(({ body }) => "order" in body)).toEqual([true, false]);
  expect(await jobOf(deployment.alice, jobId)).toMatchObject({ lastRequest: { status: "accepted" } });
});

test("a row that an earlier version wrote is valid and is sent as it is", async () => {
  const sent = stubApi(accepts);
  const { _id: jobId } = await aFinishedVideo();
  await deployment.backend.run(async (ctx) => {
    const state = { status: "queued" as const, attempts: 1, createdAt: 1, updatedAt: 1 };
    const requestId = await ctx.db.insert("requests", { ...state, jobId, body: { kind: "edit", ...change } });
    const mirrored = { kind: "edit" as const, status: "queued" as const, attempts: 1 };
    await ctx.db.patch("jobs", jobId, { ...mirrored, lastRequest: undefined, order: undefined });
    await ctx.scheduler.runAfter(10_000, "outbox:redispatch" as never, { requestId } as never);
  });
  await runSchedule(deployment);
  expect(sent[1]?.body).toMatchObject(change);
  expect(sent[1]?.body).not.toHaveProperty("order");
  expect((await requestsOf(deployment, jobId))[0]).toMatchObject({ status: "accepted", attempts: 2 });
});

describe("edits that an earlier version wrote, without `order`", () => {
  /** Edits of scene-2 that wait, each with the milliseconds until its next attempt. */
  async function waiting(waits: Record<string, number>) {
    const job = await aFinishedVideo();
    for (const [instruction, wait] of Object.entries(waits)) {
      await deployment.backend.run(async (ctx) => {
        const state = { status: "queued" as const, attempts: 2, createdAt: 1, updatedAt: 1 };
        const body = { kind: "edit" as const, sceneId: change.sceneId, instruction };
        const requestId = await ctx.db.insert("requests", { ...state, jobId: job._id, body });
        await ctx.scheduler.runAfter(wait, "outbox:redispatch" as never, { requestId } as never);
      });
    }
    return job;
  }
  const statuses = async (job: Awaited<ReturnType<typeof generate>>) =>
    (await requestsOf(deployment, job._id)).flatMap(({ body, status }) => (body.kind === "edit" ? [status] : []));

  test.each([
    { first: 120_000, second: 20_000, third: 60_000 },
    { first: 20_000, second: 60_000, third: 120_000 },
    { first: 60_000, second: 120_000, third: 20_000 },
  ])("only the last of a scene is sent: %j", async (waits) => {
    const job = await waiting(waits);
    const sent = stubApi(accepts);
    await runSchedule(deployment);
    expect(sent.map(({ body }) => body["instruction"])).toEqual(["third"]);
    expect(await statuses(job)).toEqual(["accepted", "superseded", "superseded"]);
  });

  test("a later edit with `order` ends all of them, and none of another scene", async () => {
    const job = await waiting({ first: 120_000, second: 20_000 });
    const sent = stubApi(accepts);
    await edit("of another scene", "scene-1");
    await edit("third");
    expect(await statuses(job)).toEqual(["queued", "queued", "superseded", "superseded"]);
    await runSchedule(deployment);
    expect(sent.map(({ body }) => body["instruction"])).toEqual(["of another scene", "third"]);
  });
});

describe("whatever happens on the way, the newest edit of each scene wins", () => {
  const step = fc.record({
    sceneId: fc.constantFrom("scene-1", "scene-2"),
    /** What becomes of the attempts at this edit, one after the other; the last is repeated. */
    fates: fc.array(fc.constantFrom("answered", "lost answer", "lost request", "arrives late", "twice"), {
      minLength: 1,
      maxLength: 3,
    }),
    /** Milliseconds until the next edit: at once, before the watchdog, or after it. */
    wait: fc.constantFrom(0, 1, 9_000, 30_000),
    /** How many calls that are on the way arrive before the next edit, and from which end. */
    arrivals: fc.nat(2),
    newestFirst: fc.boolean(),
  });

  test("random orders of edits, repeats, late arrivals and lost answers", { timeout: 120_000 }, async () => {
    vi.spyOn(console, "error").mockReturnValue();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
        deployment = await aDeployment();
        const fake = new FakeEdits();
        stubApi(accepts);
        const { _id: jobId } = await aFinishedVideo();
        vi.stubGlobal("fetch", fake.fetch);
        const newest = new Map<string, string>();
        for (const [number, { sceneId, fates, wait, arrivals, newestFirst }] of steps.entries()) {
          const instruction = `edit ${number}`;
          fake.fates.set(instruction, fates);
          await edit(instruction, sceneId);
          newest.set(sceneId, instruction);
          await passTime(deployment, wait);
          fake.arrive(arrivals, newestFirst);
        }
        fake.settleDown();
        await runSchedule(deployment);
        fake.arrive(Infinity, true);
        expect(new Map([...fake.scenes].map(([sceneId, { instruction }]) => [sceneId, instruction]))).toEqual(newest);
        const requests = (await requestsOf(deployment, jobId)).filter(({ body }) => body.kind === "edit");
        for (const { status, body } of requests) {
          const isNewest = body.kind === "edit" && newest.get(body.sceneId) === body.instruction;
          expect(isNewest ? ["accepted"] : ["accepted", "superseded"]).toContain(status);
        }
      }),
      { numRuns: EDIT_RUNS },
    );
  });
});
