import { ConvexError } from "convex/values";
import { expect, test, vi } from "vitest";

import { api } from "../../../convex/_generated/api";
import type { Id } from "../../../convex/_generated/dataModel";
import type { ErrorData } from "../../../convex/lib/errors";
import { deliver, generate, inADeployment, passTime, type Deployment } from "../support/backend";
import { anEvent, scenes } from "../support/webhooks";

let deployment: Deployment;

inADeployment((fresh) => {
  deployment = fresh;
});

type Caller = Pick<Deployment["alice"], "query" | "mutation">;
type Ids = { projectId: Id<"projects">; sessionId: Id<"videoSessions">; jobId: Id<"jobs"> };

/** What callers get who do not own the rows: their own rows, null, or an error as if there were no such row. */
type Others = "own" | "null" | "NOT_FOUND";

const spec = { prompt: "x", sceneCount: 1 };
const edit = { sceneId: "scene-1", instruction: "x" };

/** Every public function, called with the rows of its owner. */
const TABLE: [name: string, others: Others, call: (caller: Caller, ids: Ids) => Promise<unknown>][] = [
  ["users.ensure", "own", (caller) => caller.mutation(api.users.ensure, {})],
  ["users.me", "own", (caller) => caller.query(api.users.me, {})],
  ["users.remove", "own", (caller) => caller.mutation(api.users.remove, {})],
  ["projects.create", "own", (caller) => caller.mutation(api.projects.create, { title: "x" })],
  ["projects.list", "own", (caller) => caller.query(api.projects.list, {})],
  ["projects.get", "null", (caller, { projectId }) => caller.query(api.projects.get, { projectId })],
  ["projects.update", "NOT_FOUND", (caller, { projectId }) => caller.mutation(api.projects.update, { projectId })],
  ["projects.remove", "NOT_FOUND", (caller, { projectId }) => caller.mutation(api.projects.remove, { projectId })],
  [
    "videoSessions.create",
    "NOT_FOUND",
    (caller, { projectId }) => caller.mutation(api.videoSessions.create, { projectId }),
  ],
  ["videoSessions.get", "null", (caller, { sessionId }) => caller.query(api.videoSessions.get, { sessionId })],
  [
    "videoSessions.listByProject",
    "NOT_FOUND",
    (caller, { projectId }) => caller.query(api.videoSessions.listByProject, { projectId }),
  ],
  [
    "videoSessions.rename",
    "NOT_FOUND",
    (caller, { sessionId }) => caller.mutation(api.videoSessions.rename, { sessionId, title: "x" }),
  ],
  [
    "videoSessions.remove",
    "NOT_FOUND",
    (caller, { sessionId }) => caller.mutation(api.videoSessions.remove, { sessionId }),
  ],
  [
    "scenes.listBySession",
    "NOT_FOUND",
    (caller, { sessionId }) => caller.query(api.scenes.listBySession, { sessionId }),
  ],
  [
    "jobs.generate",
    "NOT_FOUND",
    (caller, { sessionId }) => caller.mutation(api.jobs.generate, { sessionId, ...spec, idempotencyKey: "key" }),
  ],
  ["jobs.edit", "NOT_FOUND", (caller, { sessionId }) => caller.mutation(api.jobs.edit, { sessionId, ...edit })],
  ["jobs.cancel", "NOT_FOUND", (caller, { jobId }) => caller.mutation(api.jobs.cancel, { jobId })],
  ["jobs.retry", "NOT_FOUND", (caller, { jobId }) => caller.mutation(api.jobs.retry, { jobId })],
  ["jobs.get", "null", (caller, { jobId }) => caller.query(api.jobs.get, { jobId })],
  ["jobs.latest", "NOT_FOUND", (caller, { sessionId }) => caller.query(api.jobs.latest, { sessionId })],
  ["requests.listByJob", "NOT_FOUND", (caller, { jobId }) => caller.query(api.requests.listByJob, { jobId })],
];

const issuer = "https://issuer.test";

async function aVideo(phase: "Rendering" | "Failed"): Promise<Ids> {
  const { _id: jobId, name } = await generate(deployment);
  await passTime(deployment, 1);
  const { projectId, sessionId } = deployment;
  await deliver(deployment, anEvent({ name, sessionId }, { phase, scenes: scenes("Running") }));
  return { projectId, sessionId, jobId };
}

/** All rows, but those of callers themselves and of limits. */
async function rows() {
  return await deployment.backend.run(async (ctx) => {
    const tables = ["projects", "videoSessions", "jobs", "scenes", "requests"] as const;
    return await Promise.all(tables.map(async (table) => await ctx.db.query(table).collect()));
  });
}

/** What came of a call: `done`, or the code of its error. Any other error fails the test. */
async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "done";
  } catch (error) {
    if (error instanceof ConvexError) {
      return (error.data as ErrorData).code;
    }
    throw error;
  }
}

test("the table has every public function", async () => {
  const modules = import.meta.glob<Record<string, { isPublic?: boolean }>>("../../../convex/*.ts");
  const found: string[] = [];
  for (const [path, load] of Object.entries(modules)) {
    const name = path.replace(/.*\/(\w+)\.ts$/, "$1");
    for (const [exported, value] of Object.entries(await load())) {
      if (value.isPublic && !(name === "http" && exported === "default")) {
        found.push(`${name}.${exported}`);
      }
    }
  }
  expect(found.toSorted()).toEqual(TABLE.map(([name]) => name).toSorted());
});

test.each(TABLE)("%s: the owner may", async (name, _others, call) => {
  const ids = await aVideo(name === "jobs.retry" ? "Failed" : "Rendering");
  expect(await codeOf(call(deployment.alice, ids))).toBe("done");
});

test.each(TABLE)("%s: without an identity: UNAUTHENTICATED", async (_name, _others, call) => {
  const ids = await aVideo("Rendering");
  const before = await rows();
  expect(await codeOf(call(deployment.backend, ids))).toBe("UNAUTHENTICATED");
  expect(await rows()).toEqual(before);
});

test.each(
  TABLE.flatMap(([name, others, call]) =>
    ["another user", "anonymous, where that is allowed"].map((who) => [name, who, others, call] as const),
  ),
)("%s: %s: %s", async (_name, who, others, call) => {
  const { backend } = deployment;
  const ids = await aVideo("Rendering");
  vi.stubEnv("VIDEOTUTOR_ANONYMOUS", who === "another user" ? "" : "allow");
  const caller = who === "another user" ? backend.withIdentity({ subject: "bob", issuer }) : backend;
  await caller.mutation(api.users.ensure, {});
  const before = await rows();
  if (others === "null") {
    expect(await call(caller, ids)).toBeNull();
  } else {
    expect(await codeOf(call(caller, ids))).toBe(others === "own" ? "done" : others);
  }
  const after = await rows();
  after[0] = after[0]?.filter((row) => before[0]?.some(({ _id }) => _id === row._id)) ?? [];
  expect(after).toEqual(before);
});
