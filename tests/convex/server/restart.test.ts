import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
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

test("a server that is killed: every answered mutation is there again, and ids are not used twice", async () => {
  const { client, projectId, sessionId } = await aSession();
  await server.end("SIGKILL");
  await startAgain();
  expect(await client.query(api.videoSessions.get, { sessionId })).toMatchObject({ status: "Idle" });
  expect(await client.mutation(api.projects.create, { title: "Algebra" })).not.toBe(projectId);
  expect(await client.query(api.projects.list, {})).toHaveLength(2);
});

test("killed at random moments under load: every answered mutation is there, in each of five runs", async () => {
  const answered = new Set<string>();
  for (let run = 0; run < 5; run += 1) {
    const client = new ConvexHttpClient(server.url);
    const stopAfter = answered.size + 20 + Math.floor(Math.random() * 40);
    let killed: Promise<unknown> | undefined;
    const writer = async () => {
      while (!killed) {
        const projectId = await client.mutation(api.projects.create, { title: "Calculus" });
        answered.add(projectId);
        if (answered.size >= stopAfter) {
          killed ??= server.end("SIGKILL");
        }
      }
    };
    // What is under way when the process ends fails, and may or may not have been written.
    await Promise.allSettled(Array.from({ length: 10 }, writer));
    await killed;
    await startAgain();
    const restored = await new ConvexHttpClient(server.url).query(api.projects.list, {});
    const newest = [...answered].slice(-150);
    expect(restored.map(({ _id }) => _id)).toEqual(expect.arrayContaining(newest));
  }
});

test("a second server on the same folder does not start, and names the first; after a SIGKILL the next one does", async () => {
  const { client, projectId } = await aSession();
  await expect(startLocalServer({ CONVEX_DATA: data })).rejects.toThrow(/data folder .* is in use by process \d+/);
  await client.mutation(api.projects.create, { title: "Algebra" });
  await server.end("SIGKILL");
  await startAgain();
  expect((await client.query(api.projects.list, {})).map(({ _id }) => _id)).toContain(projectId);
  expect(await client.query(api.projects.list, {})).toHaveLength(2);
});

test.each([
  ["another process that has this id now", () => ({ pid: process.pid, host: hostname(), started: "1" }), true],
  ["a live process", () => JSON.parse(readFileSync(path.join(data, "lock"), "utf8")) as object, false],
  ["another host, fresh", () => ({ pid: 1, host: "elsewhere", started: "1" }), false],
])("a lock of %s", async (_whose, holder, expected) => {
  const lock = JSON.stringify(holder());
  const folder = await mkdtemp(path.join(tmpdir(), "convex-local-"));
  await writeFile(path.join(folder, "lock"), lock);
  const started = await startLocalServer({ CONVEX_DATA: folder }).catch(() => undefined);
  await started?.end();
  await rm(folder, { recursive: true });
  expect(started !== undefined).toBe(expected);
});

test("a snapshot of an earlier version is read", async () => {
  await server.end("SIGKILL");
  await rm(data, { recursive: true });
  await mkdir(data);
  const id = "0000000000000001700000000000users";
  const user = { _id: id, _creationTime: 1, tokenIdentifier: "anonymous", name: "from before" };
  await writeFile(snapshotFile(), JSON.stringify({ nextDocId: 5, lastCreationTime: 7, documents: { [id]: user } }));
  await startAgain();
  expect(await new ConvexHttpClient(server.url).query(api.users.me, {})).toMatchObject({ name: "from before" });
});

test("a data folder that cannot be written: nothing is answered as done, and all works again afterwards", async () => {
  const { client, projectId } = await aSession();
  const health = async () => (await fetch(`${server.url}/health`)).status;
  expect(await health()).toBe(200);
  await rm(data, { recursive: true });
  await writeFile(data, "a file where the folder was");
  await expect(client.mutation(api.projects.create, { title: "Lost" })).rejects.toThrow(
    /data folder cannot be written/,
  );
  expect(await health()).toBe(503);
  expect((await fetch(`${server.url}/version`)).status).toBe(200);
  expect(await client.query(api.projects.list, {})).toMatchObject([{ _id: projectId }]);

  const waiting = new ConvexClient(server.url, { logger: false });
  const created = waiting.mutation(api.projects.create, { title: "Sent while the disk was full" });
  await rm(data);
  await vi.waitFor(async () => expect(await health()).toBe(200), 5_000);
  await created;
  await waiting.close();
  await server.end("SIGKILL");
  await startAgain();
  const titles = (await client.query(api.projects.list, {})).map(({ title }) => title);
  expect(titles.toSorted()).toEqual(["Calculus", "Sent while the disk was full"]);
});

test("a server that is stopped while its data folder cannot be written ends with an error code", async () => {
  await rm(data, { recursive: true });
  await writeFile(data, "a file where the folder was");
  expect(await server.end("SIGTERM")).toBe(1);
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
