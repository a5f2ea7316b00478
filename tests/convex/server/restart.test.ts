import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { api } from "../../../convex/_generated/api";
import type { Id } from "../../../convex/_generated/dataModel";
import { report, startLocalServer, type LocalServer } from "../support/server";
import { watch } from "../support/watch";
import { anEvent } from "../support/webhooks";

let data: string;
let server: LocalServer;

beforeEach(async () => {
  data = await mkdtemp(path.join(tmpdir(), "convex-local-"));
  server = await startLocalServer({ CONVEX_DATA: data });
});

afterEach(async () => {
  await server.end();
  await rm(data, { recursive: true });
});

/** Starts the server again on its old port, as its clients expect. */
async function startAgain(): Promise<void> {
  const { port } = new URL(server.url);
  server = await startLocalServer({ CONVEX_DATA: data, PORT: port });
}

async function aSession() {
  const client = new ConvexHttpClient(server.url);
  const projectId = await client.mutation(api.projects.create, { title: "Calculus" });
  const sessionId = await client.mutation(api.videoSessions.create, { projectId });
  return { client, projectId, sessionId };
}

type Snapshot = { documents: Record<string, Record<string, unknown>> };

const snapshotFile = () => path.join(data, "snapshot.json");
const readSnapshot = async () => JSON.parse(await readFile(snapshotFile(), "utf8")) as Snapshot;

test("a server that is killed: what is older than a moment is there again, and ids are not given out twice", async () => {
  const { client, projectId, sessionId } = await aSession();
  await vi.waitFor(async () => expect((await readSnapshot()).documents).toHaveProperty(sessionId), 5_000);
  await server.end("SIGKILL");
  await startAgain();
  expect(await client.query(api.videoSessions.get, { sessionId })).toMatchObject({ status: "Idle" });
  expect(await client.mutation(api.projects.create, { title: "Algebra" })).not.toBe(projectId);
  expect(await client.query(api.projects.list, {})).toHaveLength(2);
});

test("a subscriber reconnects by itself and sees what happens afterwards", async () => {
  const { sessionId } = await aSession();
  const subscriber = new ConvexClient(server.url, { logger: false });
  const view = watch(subscriber, api.videoSessions.get, { sessionId }, (session) => session?.status === "Rendering");
  await subscriber.query(api.videoSessions.get, { sessionId });
  await server.end();
  await startAgain();
  await report(server, anEvent({ name: "by-hand", sessionId }, { phase: "Rendering" }));
  // A client that is connected again may show first what it showed before.
  const statuses = new Set((await view).map((session) => session?.status));
  expect([...statuses]).toEqual(["Idle", "Rendering"]);
  await subscriber.close();
});

test("a function that was scheduled before the restart runs after it", async () => {
  const { client, projectId, sessionId } = await aSession();
  await server.end();
  await schedule("projects:purge", { projectId });
  await startAgain();
  const gone = async () => expect(await client.query(api.videoSessions.get, { sessionId })).toBeNull();
  await vi.waitFor(gone, 5_000);
});

/** Adds a row of Convex's own table of scheduled functions to the snapshot. */
async function schedule(name: string, args: { projectId: Id<"projects"> }): Promise<void> {
  const snapshot = await readSnapshot();
  const id = "9999_scheduled_functions";
  const row = { _id: id, _creationTime: 1, name, args: [args], scheduledTime: Date.now(), state: { kind: "pending" } };
  snapshot.documents[id] = row;
  await writeFile(snapshotFile(), JSON.stringify(snapshot));
}
