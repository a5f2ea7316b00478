import { describe, expect, test } from "vitest";
import fc from "fast-check";

import { api } from "../../../convex/_generated/api";
import type { Id } from "../../../convex/_generated/dataModel";
import { isNewer, type Reported } from "../../../convex/lib/events";
import type { Phase } from "../../../convex/phases";
import { deliver, generate, inADeployment, jobOf, sessionOf, type Deployment } from "../support/backend";
import { A_VIDEO, anEvent, aWholeLife, scenes } from "../support/webhooks";

let deployment: Deployment;

inADeployment((fresh) => {
  deployment = fresh;
});

async function aJob() {
  const { name, _id: jobId } = await generate(deployment);
  return { name, jobId, sessionId: deployment.sessionId, projectId: deployment.projectId };
}

const receipts = async () => await deployment.backend.run(async (ctx) => await ctx.db.query("jobEvents").collect());
const sceneRows = async () =>
  await deployment.alice.query(api.scenes.listBySession, { sessionId: deployment.sessionId });

describe("one report after another", () => {
  test("Idle -> Pending -> Planning -> Rendering -> Stitching -> Succeeded: the session follows", async () => {
    const seen: [string, number][] = [];
    const look = async () => {
      const { status, progress } = await sessionOf(deployment);
      seen.push([status, progress]);
    };
    await look();
    const job = await aJob();
    await look();
    for (const event of aWholeLife(job)) {
      expect(await deliver(deployment, event)).toEqual({ status: 200, outcome: "applied" });
      await look();
    }
    expect(seen).toEqual([
      ["Idle", 0],
      ["Pending", 0],
      ["Planning", 5],
      ["Rendering", 10],
      ["Rendering", 50],
      ["Stitching", 90],
      ["Succeeded", 100],
    ]);
    expect(await sessionOf(deployment)).toMatchObject({ videoUrl: A_VIDEO.url, jobId: job.jobId });
    expect(await jobOf(deployment.alice, job.jobId)).toMatchObject({
      phase: "Succeeded",
      uid: "uid-1",
      video: A_VIDEO,
    });
  });

  test("Rendering -> Rendering: only the scene that changed is written", async () => {
    const job = await aJob();
    await deliver(deployment, anEvent(job, { phase: "Rendering", scenes: scenes("Succeeded", "Pending") }));
    const before = await sceneRows();
    await deliver(
      deployment,
      anEvent(job, { sequence: 2, phase: "Rendering", scenes: scenes("Succeeded", "Running") }),
    );
    const after = await sceneRows();
    expect(after[0]).toEqual(before[0]);
    expect(after[1]).toEqual({ ...before[1], phase: "Running" });
  });

  test("Rendering -> Stitching: how far scenes are and the ends in sight are shown, those only while there are any", async () => {
    const job = await aJob();
    const reported = [
      ...scenes("Succeeded").map((scene) => ({ ...scene, progress: 100 })),
      {
        id: "scene-2",
        title: "Scene 2",
        phase: "Running" as const,
        progress: 30,
        estimatedCompletion: "2026-01-01T00:00:20Z",
      },
    ];
    await deliver(
      deployment,
      anEvent(job, { phase: "Rendering", estimatedCompletion: "2026-01-01T00:00:30Z", scenes: reported }),
    );
    expect(await jobOf(deployment.alice, job.jobId)).toMatchObject({
      estimatedCompletion: Date.UTC(2026, 0, 1, 0, 0, 30),
    });
    const rows = await sceneRows();
    expect(rows.map((row) => row.progress)).toEqual([100, 30]);
    expect(rows[0]).not.toHaveProperty("estimatedCompletion");
    expect(rows[1]).toMatchObject({ estimatedCompletion: Date.UTC(2026, 0, 1, 0, 0, 20) });

    const done = scenes("Succeeded", "Succeeded").map((scene) => ({ ...scene, progress: 100 }));
    await deliver(deployment, anEvent(job, { sequence: 2, phase: "Stitching", scenes: done }));
    expect(await jobOf(deployment.alice, job.jobId)).not.toHaveProperty("estimatedCompletion");
    expect((await sceneRows())[1]).not.toHaveProperty("estimatedCompletion");
  });

  test("Rendering -> Rendering, reported by an older operator without numbers of scenes: the former numbers are gone", async () => {
    const job = await aJob();
    const numbered = scenes("Running").map((scene) => ({ ...scene, progress: 30 }));
    await deliver(deployment, anEvent(job, { phase: "Rendering", scenes: numbered }));
    await deliver(deployment, anEvent(job, { sequence: 2, phase: "Rendering", scenes: scenes("Running") }));
    expect((await sceneRows())[0]).not.toHaveProperty("progress");
  });

  test("Rendering -> Failed: the message is shown, and scenes that are gone are removed", async () => {
    const job = await aJob();
    await deliver(deployment, anEvent(job, { phase: "Rendering", scenes: scenes("Succeeded", "Running") }));
    const failed = {
      sequence: 2,
      phase: "Failed" as const,
      message: "scene-2: bad formula",
      scenes: scenes("Succeeded"),
    };
    await deliver(deployment, anEvent(job, failed));
    expect(await sessionOf(deployment)).toMatchObject({ status: "Failed", message: "scene-2: bad formula" });
    expect((await sceneRows()).map((scene) => scene.sceneId)).toEqual(["scene-1"]);
  });

  test("Failed -> Planning of the next generation: the old message is gone", async () => {
    const job = await aJob();
    await deliver(deployment, anEvent(job, { phase: "Failed", message: "planner refused" }));
    await deliver(deployment, anEvent(job, { generation: 2, sequence: 2, phase: "Planning" }));
    const session = await sessionOf(deployment);
    expect(session.status).toBe("Planning");
    expect(session).not.toHaveProperty("message");
  });
});

describe("the finished video", () => {
  const edited = { ...A_VIDEO, url: "http://localhost/edited.mp4" };
  const shown = async (jobId: Id<"jobs">) => [
    (await sessionOf(deployment)).videoUrl,
    (await jobOf(deployment.alice, jobId)).video?.url,
  ];

  test.each([
    ["sends it in every phase", { video: A_VIDEO }],
    ["sends it in Succeeded only, as older ones", {}],
  ])("stays while an edit renders, after it failed, and until the next: the operator %s", async (_how, carried) => {
    const job = await aJob();
    await deliver(deployment, anEvent(job, { phase: "Succeeded", video: A_VIDEO }));
    for (const [sequence, generation, phase] of [
      [2, 2, "Planning"],
      [3, 2, "Rendering"],
      [4, 2, "Failed"],
      [5, 3, "Suspended"],
      [6, 4, "Cancelled"],
      [7, 5, "Stitching"],
    ] as const) {
      await deliver(deployment, anEvent(job, { sequence, generation, phase, ...carried }));
      expect(await shown(job.jobId)).toEqual([A_VIDEO.url, A_VIDEO.url]);
    }
    await deliver(deployment, anEvent(job, { sequence: 8, generation: 5, phase: "Succeeded", video: edited }));
    expect(await shown(job.jobId)).toEqual([edited.url, edited.url]);
  });

  test("a poster and the generation are kept with it", async () => {
    const job = await aJob();
    const video = { ...A_VIDEO, posterUrl: "http://localhost/poster", generation: 1 };
    await deliver(deployment, anEvent(job, { phase: "Succeeded", video }));
    expect((await jobOf(deployment.alice, job.jobId)).video).toEqual(video);
  });

  test("Succeeded without a video: there is none any more", async () => {
    const job = await aJob();
    await deliver(deployment, anEvent(job, { phase: "Succeeded", video: A_VIDEO }));
    await deliver(deployment, anEvent(job, { generation: 2, sequence: 2, phase: "Succeeded" }));
    expect(await shown(job.jobId)).toEqual([undefined, undefined]);
  });

  test("of a VideoJob made again under its name: the old one's video is gone", async () => {
    const job = await aJob();
    await deliver(deployment, anEvent(job, { phase: "Succeeded", video: A_VIDEO }));
    await deliver(deployment, anEvent(job, { uid: "uid-2", phase: "Planning", at: "2026-01-01T00:01:00Z" }));
    expect(await shown(job.jobId)).toEqual([undefined, undefined]);
  });
});

describe("repeats and disorder", () => {
  test("the same report twice: the second is a duplicate", async () => {
    const event = anEvent(await aJob());
    expect((await deliver(deployment, event)).outcome).toBe("applied");
    expect(await deliver(deployment, event)).toEqual({ status: 200, outcome: "duplicate" });
    expect(await receipts()).toHaveLength(1);
  });

  test("an older report after a newer one: stale, with a receipt, and nothing changes", async () => {
    const job = await aJob();
    await deliver(deployment, anEvent(job, { sequence: 3, phase: "Rendering", progress: 40 }));
    expect(await deliver(deployment, anEvent(job, { sequence: 2 }))).toEqual({ status: 200, outcome: "stale" });
    expect(await sessionOf(deployment)).toMatchObject({ status: "Rendering", progress: 40 });
    expect((await receipts()).map(({ sequence, outcome }) => [sequence, outcome])).toEqual([
      [3, "applied"],
      [2, "stale"],
    ]);
  });

  test("Succeeded -> Rendering in the same generation: stale, since terminal phases are final", async () => {
    const job = await aJob();
    await deliver(deployment, anEvent(job, { phase: "Succeeded" }));
    expect((await deliver(deployment, anEvent(job, { sequence: 2, phase: "Rendering" }))).outcome).toBe("stale");
  });

  test("Succeeded -> Rendering in the next generation: applied, since the video was edited", async () => {
    const job = await aJob();
    await deliver(deployment, anEvent(job, { phase: "Succeeded" }));
    const edited = anEvent(job, { generation: 2, sequence: 2, phase: "Rendering" });
    expect((await deliver(deployment, edited)).outcome).toBe("applied");
  });

  test("a VideoJob made again under its name: its first report is applied, a late one of the old is stale", async () => {
    const job = await aJob();
    await deliver(deployment, anEvent(job, { sequence: 9, phase: "Rendering", at: "2026-01-01T00:00:00Z" }));
    const recreated = anEvent(job, { uid: "uid-2", phase: "Planning", at: "2026-01-01T00:01:00Z" });
    expect((await deliver(deployment, recreated)).outcome).toBe("applied");
    const late = anEvent(job, { sequence: 10, phase: "Cancelled", at: "2026-01-01T00:00:30Z" });
    expect((await deliver(deployment, late)).outcome).toBe("stale");
  });

  test("a VideoJob made again within one second: its only report is applied, the end of the old one is stale", async () => {
    const job = await aJob();
    await deliver(deployment, anEvent(job, { phase: "Rendering", at: "2026-01-01T00:00:00.100Z" }));
    const recreated = anEvent(job, {
      uid: "uid-2",
      phase: "Failed",
      message: "bad spec",
      at: "2026-01-01T00:00:00.501Z",
    });
    expect((await deliver(deployment, recreated)).outcome).toBe("applied");
    const end = anEvent(job, { sequence: 2, phase: "Cancelled", at: "2026-01-01T00:00:00.500Z" });
    expect((await deliver(deployment, end)).outcome).toBe("stale");
    expect(await sessionOf(deployment)).toMatchObject({ status: "Failed", message: "bad spec" });
  });

  test("reports in any order: the state is in the end that of the newest", async () => {
    const job = await jobOf(deployment.alice, (await aJob()).jobId);
    const phases: Phase[] = ["Planning", "Rendering", "Suspended", "Stitching", "Succeeded"];
    const inOrder = phases.map((phase, index) => anEvent(job, { sequence: index + 1, phase }));
    fc.assert(
      fc.property(fc.shuffledSubarray(inOrder, { minLength: inOrder.length }), (arrivals) => {
        const end = arrivals.reduce<Reported>((state, event) => (isNewer(event, state) ? event : state), job);
        expect(end.phase).toBe("Succeeded");
      }),
    );
  });
});

describe("whose report it is", () => {
  test("a VideoJob made with kubectl for a session: it becomes the session's newest job", async () => {
    const { sessionId, projectId } = deployment;
    const event = anEvent({ name: "by-hand", sessionId, projectId }, { phase: "Rendering", scenes: scenes("Running") });
    expect((await deliver(deployment, event)).outcome).toBe("applied");
    const job = await deployment.alice.query(api.jobs.latest, { sessionId });
    expect(job).toMatchObject({ name: "by-hand", phase: "Rendering", generation: 1 });
    expect(await sceneRows()).toHaveLength(1);
  });

  test("a report of an older job: its row follows, the session keeps showing the newest", async () => {
    const older = await aJob();
    const newer = await aJob();
    await deliver(deployment, anEvent(older, { phase: "Failed" }));
    expect(await sessionOf(deployment)).toMatchObject({ status: "Pending", jobId: newer.jobId });
    expect(await jobOf(deployment.alice, older.jobId)).toMatchObject({ phase: "Failed" });
  });

  test("a report without a session id is about a known job only when its namespace and name are", async () => {
    const job = await aJob();
    expect((await deliver(deployment, anEvent({ name: job.name }))).outcome).toBe("unknown session");
    expect((await deliver(deployment, anEvent(job))).outcome).toBe("applied");
    expect((await deliver(deployment, anEvent({ name: job.name }, { sequence: 2 }))).outcome).toBe("applied");
  });

  test.each([
    ["no such session", { name: "by-hand", sessionId: "nonsense" }],
    ["neither a known name nor a session", { name: "by-hand" }],
  ])("%s: 404, so that the operator tries again for a while", async (_why, of) => {
    expect(await deliver(deployment, anEvent(of))).toEqual({ status: 404, outcome: "unknown session" });
    expect(await receipts()).toEqual([]);
  });

  test("a session of another project, or a job of another session: 404", async () => {
    const { alice, projectId, sessionId } = deployment;
    const elsewhere = await alice.mutation(api.projects.create, { title: "Algebra" });
    const wrongProject = anEvent({ name: "by-hand", sessionId, projectId: elsewhere });
    expect((await deliver(deployment, wrongProject)).status).toBe(404);
    const otherSession = await alice.mutation(api.videoSessions.create, { projectId });
    const job = await aJob();
    await deliver(deployment, anEvent(job));
    const contradicting = anEvent({ name: job.name, sessionId: otherSession }, { sequence: 2 });
    expect((await deliver(deployment, contradicting)).status).toBe(404);
  });
});
