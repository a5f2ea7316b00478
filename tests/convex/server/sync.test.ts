import { once } from "node:events";
import { connect } from "node:net";

import { ConvexClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { ConvexError } from "convex/values";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";

import { api } from "../../../convex/_generated/api";
import { report, startHttpServer, startLocalServer, type LocalServer } from "../support/server";
import { watch } from "../support/watch";
import { aWholeLife } from "../support/webhooks";

let server: LocalServer;
let client: ConvexClient;
let videotutorApi: Awaited<ReturnType<typeof startHttpServer>>;
const received = vi.fn((path: string, _body: string) => ({ status: "accepted", path }));

beforeAll(async () => {
  videotutorApi = await startHttpServer(received);
  server = await startLocalServer({ VIDEOTUTOR_API_URL: videotutorApi.url, ADMIN_KEY: "local|key" });
});

afterAll(async () => {
  await server.end();
  videotutorApi.close();
});

beforeEach(() => {
  client = new ConvexClient(server.url, { logger: false });
});

afterEach(async () => {
  await client.close();
});

async function aSession() {
  const projectId = await client.mutation(api.projects.create, { title: "Calculus" });
  return await client.mutation(api.videoSessions.create, { projectId });
}

async function aJob() {
  const sessionId = await aSession();
  const jobId = await client.mutation(api.jobs.generate, { sessionId, prompt: "the chain rule", sceneCount: 2 });
  const job = await client.query(api.jobs.get, { jobId });
  return { name: job?.name ?? "", sessionId, jobId };
}

test("a subscriber sees every phase in order, also when reports come back to back", async () => {
  const job = await aJob();
  const { sessionId } = job;
  const statuses = watch(client, api.videoSessions.get, { sessionId }, (session) => session?.status === "Succeeded");
  const done = (scenes: { phase: string }[]) => scenes.length > 0 && scenes.every(({ phase }) => phase === "Succeeded");
  const scenes = watch(client, api.scenes.listBySession, { sessionId }, done);
  await client.query(api.scenes.listBySession, { sessionId });
  for (const event of aWholeLife(job)) {
    expect(await report(server, event)).toBe("applied");
  }
  expect((await statuses).map((session) => [session?.status, session?.progress])).toEqual([
    ["Pending", 0],
    ["Planning", 5],
    ["Rendering", 10],
    ["Rendering", 50],
    ["Stitching", 90],
    ["Succeeded", 100],
  ]);
  expect((await scenes).map((rows) => rows.map(({ phase }) => phase))).toEqual([
    [],
    ["Running", "Pending"],
    ["Succeeded", "Running"],
    ["Succeeded", "Succeeded"],
  ]);
});

test("reports sent at once: each subscriber sees states that only move on", async () => {
  const job = await aJob();
  const { sessionId } = job;
  const other = new ConvexClient(server.url, { logger: false });
  const views = [client, other].map((subscriber) =>
    watch(subscriber, api.videoSessions.get, { sessionId }, (session) => session?.status === "Succeeded"),
  );
  await Promise.all(aWholeLife(job).map((event) => report(server, event)));
  for (const view of await Promise.all(views)) {
    const progress = view.map((session) => session?.progress ?? 0);
    expect(progress).toEqual(progress.toSorted((left, right) => left - right));
  }
  await other.close();
});

test("jobs.generate -> accepted: the scheduled action reaches the API", async () => {
  const { jobId } = await aJob();
  const states = await watch(client, api.jobs.get, { jobId }, (job) => job?.lastRequest?.status === "accepted");
  expect(states.at(-1)).toMatchObject({ lastRequest: { kind: "generate", status: "accepted" } });
  const bodies = received.mock.calls.map(
    ([path, body]) => [path, JSON.parse(body) as Record<string, unknown>] as const,
  );
  expect(bodies).toContainEqual(["/jobs/generate", expect.objectContaining({ requestId: jobId })]);
});

test("a mutation's own effect is visible when it returns", async () => {
  const sessionId = await aSession();
  const [first] = await watch(client, api.videoSessions.get, { sessionId }, () => true);
  expect(first?.status).toBe("Idle");
  await client.mutation(api.jobs.generate, { sessionId, prompt: "limits", sceneCount: 1 });
  expect(await client.query(api.videoSessions.get, { sessionId })).toMatchObject({ status: "Pending" });
});

test("a list that a client subscribes to grows and shrinks with its rows", async () => {
  const projectId = await client.mutation(api.projects.create, { title: "Algebra" });
  const lists = watch(client, api.videoSessions.listByProject, { projectId }, (sessions) => sessions.length === 2);
  await client.query(api.videoSessions.listByProject, { projectId });
  const writer = new ConvexClient(server.url, { logger: false });
  await writer.mutation(api.videoSessions.create, { projectId, title: "groups" });
  await writer.mutation(api.videoSessions.create, { projectId, title: "rings" });
  const titles = (await lists).map((sessions) => sessions.map(({ title }) => title));
  expect(titles).toEqual([[], ["groups"], ["rings", "groups"]]);
  await writer.mutation(api.projects.remove, { projectId });
  const gone = watch(client, api.projects.get, { projectId }, (project) => project === null);
  expect((await gone).at(-1)).toBeNull();
  await writer.close();
});

test("an error carries its data, and the connection stays open", async () => {
  const sessionId = await aSession();
  const refused = client.mutation(api.jobs.generate, { sessionId, prompt: "limits", sceneCount: 0 });
  const error: unknown = await refused.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConvexError);
  expect(error).toMatchObject({ data: { code: "INVALID_ARGUMENT", field: "sceneCount" } });
  expect(await client.query(api.users.me, {})).toMatchObject({ name: "anonymous" });
});

test("internal functions are not for clients", async () => {
  const projectId = await client.mutation(api.projects.create, { title: "Calculus" });
  const hidden = makeFunctionReference<"mutation", { projectId: typeof projectId }>("projects:purge");
  const call = client.mutation(hidden, { projectId });
  await expect(call).rejects.toThrow(/Could not find public function/);
});

test.each(["//", "http://", "/\\", "%", "/api/sync/../x"])(
  "an upgrade of %s is refused, and the server still answers",
  async (path) => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    socket.resume();
    await once(socket, "close");
    expect((await fetch(`${server.url}/version`)).status).toBe(200);
  },
);
