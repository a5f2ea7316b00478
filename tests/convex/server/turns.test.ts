import { fileURLToPath } from "node:url";

import { ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { addRef } from "./app/numbers";
import { startLocalServer, type LocalServer } from "../support/server";
import { aConnect, openSocket } from "../support/sockets";

let server: LocalServer;
let http: ConvexHttpClient;
const QUERIES = 1_000;

beforeEach(async () => {
  server = await startLocalServer({ CONVEX_FUNCTIONS: fileURLToPath(new URL("app", import.meta.url)) });
  http = new ConvexHttpClient(server.url);
});

afterEach(async () => {
  await server.end();
});

const countRuns = async () => (await http.action(makeFunctionReference<"action">("features:countRuns"), {})) as number;

/** A client that subscribes to a thousand queries, each with a result of its own, which every new number changes. */
async function aHeavyClient() {
  const socket = await openSocket(server.url);
  socket.send(aConnect());
  const modifications = Array.from({ length: QUERIES }, (_, queryId) => {
    return { type: "Add", queryId, udfPath: "features:counted", args: [{}], journal: `j${queryId}` };
  });
  socket.send({ type: "ModifyQuerySet", baseVersion: 0, newVersion: 1, modifications });
  return socket;
}

const transitions = ({ received }: Awaited<ReturnType<typeof openSocket>>) =>
  received.filter(({ type }) => type === "Transition");

/** The results in a transition. */
const valuesOf = (transition: unknown) =>
  (transition as { modifications: { value: number }[] }).modifications.map(({ value }) => value);

test("mutations are answered while a thousand subscriptions run for the first time, and again", async () => {
  await http.mutation(makeFunctionReference<"mutation">("features:addMany"), { count: 20 });
  const heavy = await aHeavyClient();
  await vi.waitFor(async () => expect(await countRuns()).toBeGreaterThan(0), 10_000);
  await http.mutation(addRef, { n: -1 });
  expect(await countRuns()).toBeLessThan(QUERIES);
  expect(transitions(heavy)).toHaveLength(0);

  await vi.waitFor(() => expect(valuesOf(transitions(heavy).at(-1))).toContain(21), 10_000);
  const before = await countRuns();
  await http.mutation(addRef, { n: -2 });
  await http.mutation(addRef, { n: -3 });
  expect(await countRuns()).toBeLessThan(before + QUERIES);
  await vi.waitFor(() => expect(valuesOf(transitions(heavy).at(-1))).toContain(23), 10_000);
  for (const transition of transitions(heavy)) {
    expect(new Set(valuesOf(transition)).size).toBe(1);
    expect(valuesOf(transition)).toHaveLength(QUERIES);
  }
});

test("a client with one query is served before a client with a thousand", async () => {
  await http.mutation(makeFunctionReference<"mutation">("features:addMany"), { count: 20 });
  const heavy = await aHeavyClient();
  await vi.waitFor(async () => expect(await countRuns()).toBeGreaterThan(0), 10_000);
  const light = await openSocket(server.url);
  light.send(aConnect());
  const modifications = [{ type: "Add", queryId: 0, udfPath: "numbers:list", args: [{}] }];
  light.send({ type: "ModifyQuerySet", baseVersion: 0, newVersion: 1, modifications });
  await vi.waitFor(() => expect(transitions(light)).toHaveLength(1), 5_000);
  expect(transitions(heavy)).toHaveLength(0);
});
