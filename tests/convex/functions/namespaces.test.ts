import { beforeEach, describe, expect, test, vi } from "vitest";
import fc from "fast-check";

import { api } from "../../../convex/_generated/api";
import type { Id } from "../../../convex/_generated/dataModel";
import type { Event } from "../../../convex/lib/events";
import type { Phase } from "../../../convex/phases";
import {
  acceptsIn,
  aDeployment,
  deliver,
  generate,
  inADeployment,
  jobOf,
  passTime,
  runSchedule,
  sessionOf,
  stubApi,
  type Deployment,
} from "../support/backend";
import { A_VIDEO, anEvent, aWholeLife, scenes } from "../support/webhooks";

let deployment: Deployment;

inADeployment((fresh) => {
  deployment = fresh;
});

const OURS = "lessons";
const THEIRS = "team-b";
const REFUSED = { status: 422, outcome: expect.stringMatching(/namespace.*VIDEOTUTOR_FOREIGN_NAMESPACES/) as unknown };
const UNKNOWN = { status: 404, outcome: "unknown session" };

/** Everything of the deployment that another tenant's reports must not change: all but rows of that tenant. */
async function ourRows({ backend }: Deployment) {
  return await backend.run(async (ctx) => {
    const jobs = (await ctx.db.query("jobs").collect()).filter((job) => job.namespace !== THEIRS);
    const known = new Set(jobs.map((job) => job._id));
    return {
      jobs,
      sessions: await ctx.db.query("videoSessions").collect(),
      scenes: (await ctx.db.query("scenes").collect()).filter((scene) => known.has(scene.jobId)),
      requests: await ctx.db.query("requests").collect(),
    };
  });
}

describe("a job is bound to one namespace", () => {
  test("by the API's answer: reports of another namespace are refused, whatever session they name", async () => {
    stubApi(acceptsIn(OURS));
    const { name, _id: jobId } = await generate(deployment);
    await passTime(deployment, 1);
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ namespace: OURS });
    const foreign = anEvent({ name, sessionId: deployment.sessionId }, { namespace: THEIRS, phase: "Failed" });
    expect(await deliver(deployment, foreign)).toEqual(REFUSED);
    expect(await deliver(deployment, anEvent({ name }, { namespace: THEIRS }))).toEqual(UNKNOWN);
    expect(await sessionOf(deployment)).toMatchObject({ status: "Pending", jobId });
  });

  test("by its first report, where an older API does not name the namespace", async () => {
    const { name, _id: jobId } = await generate(deployment);
    const of = { name, sessionId: deployment.sessionId };
    await deliver(deployment, anEvent(of, { phase: "Rendering" }));
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ namespace: OURS });
    const later = { uid: "uid-2", at: "2026-02-01T00:00:00Z" };
    expect(await deliver(deployment, anEvent(of, { ...later, namespace: THEIRS, phase: "Failed" }))).toEqual(REFUSED);
    expect(await sessionOf(deployment)).toMatchObject({ status: "Rendering", jobId });
  });

  test("the API's answer wins over a report that came before it", async () => {
    const { sessionId } = deployment;
    let name = "";
    stubApi(async () => {
      const theirs = { namespace: THEIRS, uid: "uid-2", phase: "Failed" as const, message: "no", video: A_VIDEO };
      const others = { planner: "theirs", estimatedCompletion: "2099-01-01T00:00:00Z", scenes: scenes("Failed") };
      await deliver(deployment, anEvent({ name, sessionId }, { ...theirs, ...others }));
      return acceptsIn(OURS)();
    });
    const job = await generate(deployment);
    name = job.name;
    await passTime(deployment, 1);
    const bound = await jobOf(deployment.alice, job._id);
    expect(bound).toMatchObject({ namespace: OURS, phase: "Pending" });
    const shown = await sessionOf(deployment);
    expect(shown).toMatchObject({ status: "Pending", progress: 0 });
    for (const [row, field] of [
      [bound, "uid"],
      [bound, "video"],
      [bound, "planner"],
      [bound, "estimatedCompletion"],
      [bound, "reportedAt"],
      [bound, "message"],
      [shown, "videoUrl"],
      [shown, "message"],
    ] as const) {
      expect(row).not.toHaveProperty(field);
    }
    expect(await deployment.alice.query(api.scenes.listBySession, { sessionId })).toEqual([]);
    expect((await deliver(deployment, anEvent({ name, sessionId }, { phase: "Rendering" }))).outcome).toBe("applied");
    expect(await sessionOf(deployment)).toMatchObject({ status: "Rendering" });
  });

  test("a row that was written before namespaces were reported: the next report binds it", async () => {
    const { name, _id: jobId } = await generate(deployment);
    const of = { name, sessionId: deployment.sessionId };
    const { namespace: _namespace, createdAt: _createdAt, ...older } = anEvent(of, { phase: "Rendering" });
    expect((await deliver(deployment, older)).outcome).toBe("applied");
    expect(await jobOf(deployment.alice, jobId)).not.toHaveProperty("namespace");
    const newer = anEvent(of, { sequence: 2, phase: "Stitching" });
    expect((await deliver(deployment, newer)).outcome).toBe("applied");
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ namespace: OURS, phase: "Stitching" });
  });

  test("a finished video of an earlier version is not bound by reports about another VideoJob", async () => {
    vi.stubEnv("VIDEOTUTOR_FOREIGN_NAMESPACES", "");
    const { name, _id: jobId } = await generate(deployment);
    await passTime(deployment, 1);
    const of = { name, sessionId: deployment.sessionId };
    const { namespace: _namespace, ...older } = anEvent(of, { phase: "Succeeded", video: A_VIDEO });
    await deliver(deployment, older);
    const before = await ourRows(deployment);
    const theirs = { uid: "uid-2", namespace: THEIRS, at: "2026-06-01T00:00:00Z", generation: 7 };
    expect(await deliver(deployment, anEvent(of, theirs))).toEqual(REFUSED);
    vi.stubEnv("VIDEOTUTOR_FOREIGN_NAMESPACES", THEIRS);
    await deliver(deployment, { ...anEvent(of, theirs), eventId: "again" });
    expect(await ourRows(deployment)).toEqual(before);
    expect((await deliver(deployment, anEvent(of, { generation: 2, phase: "Rendering" }))).outcome).toBe("applied");
    expect(await jobOf(deployment.alice, jobId)).toMatchObject({ namespace: OURS, uid: "uid-1", phase: "Rendering" });
  });

  test.each(["edit", "cancel", "retry"] as const)(
    "the API's answer to %s corrects a binding to another namespace",
    async (kind) => {
      const { alice, sessionId } = deployment;
      const { name, _id: jobId } = await generate(deployment);
      await passTime(deployment, 1);
      const phase = kind === "cancel" ? "Rendering" : "Failed";
      const of = { name, sessionId };
      const theirs = { namespace: THEIRS, uid: "uid-2", phase, scenes: scenes("Failed"), video: A_VIDEO } as const;
      await deliver(deployment, anEvent(of, theirs));
      stubApi(acceptsIn(OURS));
      const edit = { sessionId, sceneId: "scene-1", instruction: "shorter" };
      await (kind === "edit" ? alice.mutation(api.jobs.edit, edit) : alice.mutation(api.jobs[kind], { jobId }));
      await passTime(deployment, 1);
      const job = await jobOf(alice, jobId);
      expect(job).toMatchObject({ namespace: OURS, phase: "Pending" });
      expect(job).not.toHaveProperty("video");
      expect((await deliver(deployment, anEvent(of, { ...theirs, sequence: 2 }))).outcome).not.toBe("applied");
      expect((await deliver(deployment, anEvent(of, { phase: "Rendering" }))).outcome).toBe("applied");
      expect(await sessionOf(deployment)).toMatchObject({ status: "Rendering", jobId });
    },
  );

  test("a bound row takes reports of an older operator about the same VideoJob only", async () => {
    const { name } = await generate(deployment);
    const of = { name, sessionId: deployment.sessionId };
    await deliver(deployment, anEvent(of));
    const { namespace: _namespace, ...older } = anEvent(of, { sequence: 2, phase: "Rendering" });
    expect((await deliver(deployment, older)).outcome).toBe("applied");
    const other = { ...older, eventId: "e", uid: "uid-2", at: "2027-01-01T00:00:00Z" };
    expect(await deliver(deployment, other)).toEqual(REFUSED);
  });

  test("an answer that names no namespace is an acceptance all the same", async () => {
    for (const namespace of [undefined, null, 7, "", "no/namespace"]) {
      stubApi(() => Response.json({ status: "accepted", namespace }, { status: 202 }));
      const { _id: jobId } = await generate(deployment);
      await passTime(deployment, 1);
      const job = await jobOf(deployment.alice, jobId);
      expect(job.lastRequest?.status).toBe("accepted");
      expect(job).not.toHaveProperty("namespace");
    }
  });
});

describe("VideoJobs that Convex did not request", () => {
  const foreign = (name: string, changes: Partial<Event> = {}) =>
    anEvent({ name, sessionId: deployment.sessionId }, { uid: `uid-of-${name}`, ...changes });
  const shownName = async () =>
    (await deployment.alice.query(api.jobs.latest, { sessionId: deployment.sessionId }))?.name;

  test.each(["", "other", "lesson", "lessons2"])(
    "VIDEOTUTOR_FOREIGN_NAMESPACES=%j: refused with 422",
    async (setting) => {
      vi.stubEnv("VIDEOTUTOR_FOREIGN_NAMESPACES", setting);
      expect(await deliver(deployment, foreign("by-hand"))).toEqual(REFUSED);
      expect(await shownName()).toBeUndefined();
    },
  );

  test.each(["lessons", "a lessons b", "a,lessons", " a\n lessons "])(
    "VIDEOTUTOR_FOREIGN_NAMESPACES=%j: shown in a session",
    async (setting) => {
      vi.stubEnv("VIDEOTUTOR_FOREIGN_NAMESPACES", setting);
      expect((await deliver(deployment, foreign("by-hand"))).outcome).toBe("applied");
      expect(await shownName()).toBe("by-hand");
    },
  );

  test("of a namespace that is not allowed any more: refused", async () => {
    await deliver(deployment, foreign("by-hand"));
    vi.stubEnv("VIDEOTUTOR_FOREIGN_NAMESPACES", "");
    expect(await deliver(deployment, foreign("by-hand", { sequence: 2 }))).toEqual(REFUSED);
  });

  test("of an older operator, which names no namespace: refused", async () => {
    const { namespace: _namespace, ...older } = foreign("by-hand");
    expect(await deliver(deployment, older)).toEqual(REFUSED);
  });

  test("never replace the video that Convex requested", async () => {
    const { name, _id: jobId } = await generate(deployment);
    expect((await deliver(deployment, foreign("by-hand", { phase: "Failed" }))).outcome).toBe("applied");
    expect(await sessionOf(deployment)).toMatchObject({ status: "Pending", jobId });
    expect(await shownName()).toBe(name);
  });

  test("the newest of a session is shown, in whatever order their reports arrive", async () => {
    const names = ["first", "second", "third", "twin-of-third"];
    const created = ["00:01:00", "00:02:00", "00:03:00", "00:03:00"].map((time) => `2026-01-01T${time}Z`);
    const reports = names.flatMap((name, at) =>
      [1, 2].map((sequence) => foreign(name, { sequence, createdAt: created[at] ?? "" })),
    );
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(reports, { minLength: reports.length }), async (arrivals) => {
        deployment = await aDeployment();
        for (const report of arrivals) {
          await deliver(deployment, { ...report, sessionId: deployment.sessionId });
        }
        expect(await shownName()).toBe("twin-of-third");
      }),
      { numRuns: 50 },
    );
  });
});

describe("what users do with a VideoJob that Convex did not request", () => {
  const edit = { sceneId: "scene-1", instruction: "shorter" };

  /** A foreign VideoJob of this namespace, once the API has answered that it works in ours. */
  async function aForeignJob(namespace: string, phase: Phase) {
    vi.stubEnv("VIDEOTUTOR_FOREIGN_NAMESPACES", `${OURS} ${THEIRS}`);
    const { alice, projectId, sessionId } = deployment;
    stubApi(acceptsIn(OURS));
    await generate({ ...deployment, sessionId: await alice.mutation(api.videoSessions.create, { projectId }) });
    await passTime(deployment, 1);
    await deliver(
      deployment,
      anEvent({ name: "by-hand", sessionId }, { namespace, phase, scenes: scenes("Succeeded") }),
    );
    return { job: await alice.query(api.jobs.latest, { sessionId }), sent: stubApi(acceptsIn(OURS)) };
  }

  const cases = (
    [
      ["cancel", "Rendering"],
      ["retry", "Failed"],
      ["edit", "Succeeded"],
    ] as const
  ).flatMap(([kind, phase]) => [OURS, THEIRS].map((namespace) => ({ kind, phase, namespace })));

  test.each(cases)("$kind of one in $namespace", async ({ kind, phase, namespace }) => {
    const { alice, sessionId } = deployment;
    const { job, sent } = await aForeignJob(namespace, phase);
    const jobId = job?._id as Id<"jobs">;
    const isEdit = kind === "edit";
    const made = isEdit
      ? alice.mutation(api.jobs.edit, { sessionId, ...edit })
      : alice.mutation(api.jobs[kind], { jobId });
    if (namespace === OURS) {
      await made;
    } else {
      const message = expect.stringContaining(THEIRS) as unknown;
      await expect(made).rejects.toMatchObject({ data: { code: "CONFLICT", message } });
    }
    await passTime(deployment, 1);
    expect(sent.map(({ path }) => path)).toEqual(namespace === OURS ? [`/jobs/${kind}`] : []);
  });

  test.each([OURS, THEIRS])("removal of the session of one in %s", async (namespace) => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    const { sent } = await aForeignJob(namespace, "Succeeded");
    await deployment.alice.mutation(api.videoSessions.remove, { sessionId: deployment.sessionId });
    await runSchedule(deployment);
    expect(sent.map(({ path, body }) => [path, body["jobId"]])).toEqual(
      namespace === OURS ? [["/jobs/delete", "by-hand"]] : [],
    );
    const words = `VideoJob ${THEIRS}/by-hand is not in the API's namespace: delete it with kubectl`;
    expect(log.mock.calls.flat().includes(words)).toBe(namespace === THEIRS);
    expect(await deployment.backend.run(async (ctx) => await ctx.db.query("jobs").collect())).toHaveLength(1);
  });
});

describe("reports of a hostile namespace, between those of our own", () => {
  const PHASES: Phase[] = ["Pending", "Rendering", "Succeeded", "Failed", "Cancelled", "Suspended"];

  /** A hostile report, as far as it does not depend on ids of the deployment. */
  const attack = fc.record({
    sameName: fc.boolean(),
    session: fc.constantFrom("none", "ours", "another of ours", "nonsense"),
    uid: fc.constantFrom("uid-1", "uid-2", "uid-3"),
    generation: fc.integer({ min: 1, max: 9 }),
    sequence: fc.integer({ min: 0, max: 99 }),
    phase: fc.constantFrom(...PHASES),
    at: fc.constantFrom("2025-01-01T00:00:00Z", "2026-01-01T00:00:00.001Z", "2099-01-01T00:00:00Z"),
    createdAt: fc.option(fc.constantFrom("2000-01-01T00:00:00Z", "2099-01-01T00:00:00Z"), { nil: undefined }),
    sceneCount: fc.nat(3),
    video: fc.boolean(),
  });

  type Attack = typeof attack extends fc.Arbitrary<infer Value> ? Value : never;

  function reportOf(hostile: Attack, name: string, others: Record<string, string>, number: number): Event {
    const { sameName, session, sceneCount, video, createdAt, ...fields } = hostile;
    const sessionId = session === "none" ? undefined : (others[session] ?? "nonsense");
    const of = { name: sameName ? name : "theirs", ...(sessionId !== undefined && { sessionId }) };
    return {
      ...anEvent(of, { ...fields, namespace: THEIRS, message: "not your video" }),
      eventId: `hostile-${number}`,
      scenes: scenes(...Array<"Failed">(sceneCount).fill("Failed")),
      ...(createdAt !== undefined && { createdAt }),
      ...(video && { video: { ...A_VIDEO, url: "http://evil.example" } }),
    };
  }

  beforeEach(() => {
    vi.stubEnv("VIDEOTUTOR_FOREIGN_NAMESPACES", "");
  });

  test.each(["", THEIRS])("VIDEOTUTOR_FOREIGN_NAMESPACES=%j: no row of ours changes", async (allowed) => {
    const steps = fc.array(fc.oneof(fc.constant("ours" as const), attack), { minLength: 5, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(steps, async (order) => {
        deployment = await aDeployment();
        vi.stubEnv("VIDEOTUTOR_FOREIGN_NAMESPACES", allowed);
        stubApi(acceptsIn(OURS));
        const { alice, projectId, sessionId } = deployment;
        const { name } = await generate(deployment);
        await passTime(deployment, 1);
        const elsewhere: Deployment = {
          ...deployment,
          sessionId: await alice.mutation(api.videoSessions.create, { projectId }),
        };
        await generate(elsewhere);
        await passTime(deployment, 1);
        const sessions = { ours: sessionId, "another of ours": elsewhere.sessionId };
        const life = aWholeLife({ name, sessionId });
        for (const [number, step] of order.entries()) {
          if (step === "ours") {
            const report = life.shift();
            expect(report && (await deliver(deployment, report)).outcome).toBe(report && "applied");
          } else {
            const before = await ourRows(deployment);
            await deliver(deployment, reportOf(step, name, sessions, number));
            expect(await ourRows(deployment)).toEqual(before);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
