import { fileURLToPath } from "node:url";

import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";

import { addRef, listRef } from "./app/numbers";
import { startLocalServer, type LocalServer } from "../support/server";
import { aConnect, openSocket } from "../support/sockets";

let server: LocalServer;
let http: ConvexHttpClient;
let next = 0;

beforeAll(async () => {
  server = await startLocalServer({
    CONVEX_FUNCTIONS: fileURLToPath(new URL("app", import.meta.url)),
    ALLOWED_ORIGINS: "http://localhost:3000",
    TRANSACTION_TIMEOUT: "0.3",
    ACTION_TIMEOUT: "0.3",
  });
});

afterAll(async () => {
  await server.end();
});

beforeEach(() => {
  http = new ConvexHttpClient(server.url);
});

/** Shows that a client of before, and one of after, are served: they see a new row. */
async function aVictim() {
  const client = new ConvexClient(server.url, { logger: false });
  onTestFinished(async () => await client.close());
  const seen = vi.fn<(numbers: number[]) => void>();
  client.onUpdate(listRef, {}, seen);
  await vi.waitFor(() => expect(seen).toHaveBeenCalled());
  return async () => {
    next += 1;
    const row = next;
    await http.mutation(addRef, { n: row });
    await vi.waitFor(() => expect(seen.mock.lastCall?.[0]).toContain(row), 5_000);
    const late = new ConvexClient(server.url, { logger: false });
    expect(await late.query(listRef, {})).toContain(row);
    await late.close();
  };
}

const anAdd = (changes: object = {}) => ({ type: "Add", queryId: 0, udfPath: "numbers:list", args: [{}], ...changes });
const aQuerySet = (...modifications: unknown[]) => ({
  type: "ModifyQuerySet",
  baseVersion: 0,
  newVersion: 1,
  modifications,
});
const aCall = (changes: object = {}) => ({
  type: "Mutation",
  requestId: 0,
  udfPath: "numbers:add",
  args: [{ n: 0 }],
  ...changes,
});

describe("a message that ends the connection it came from, and no other", () => {
  test.each([
    ["a timestamp at the end of time", aConnect({ maxObservedTimestamp: "//////////8=" })],
    ["a timestamp of tomorrow", aConnect({ maxObservedTimestamp: tomorrow() })],
    ["a negative number as timestamp", aConnect({ maxObservedTimestamp: -1 })],
    ["a short timestamp", aConnect({ maxObservedTimestamp: "AAAA" })],
    ["a timestamp that is not base64", aConnect({ maxObservedTimestamp: "!!!!!!!!!!!=" })],
    ["no session", aConnect({ sessionId: null })],
    ["a session that is as long as the message", aConnect({ sessionId: "x".repeat(1_000_000) })],
    ["text that is not JSON", "{"],
    ["JSON that is no object", "7"],
    ["null", "null"],
    ["an unknown type", { type: "Nonsense" }],
    ["a type that every object has", { type: "constructor" }],
    ["modifications that are no list", { ...aQuerySet(), modifications: 1 }],
    ["a modification that is null", aQuerySet(null)],
    ["a query without an id", aQuerySet(anAdd({ queryId: undefined }))],
    ["a query with a negative id", aQuerySet(anAdd({ queryId: -1 }))],
    ["a query whose name is a number", aQuerySet(anAdd({ udfPath: 7 }))],
    ["arguments that are no list", aQuerySet(anAdd({ args: {} }))],
    ["a query of a component", aQuerySet(anAdd({ componentPath: "workpool" }))],
    ["the wrong version of the query set", { ...aQuerySet(anAdd()), baseVersion: 5 }],
    ["the wrong version of the identity", { type: "Authenticate", tokenType: "None", baseVersion: 5 }],
    ["an unknown kind of token", { type: "Authenticate", tokenType: "Root", baseVersion: 0 }],
    ["a mutation without a number", aCall({ requestId: undefined })],
    ["too many queries", aQuerySet(...Array.from({ length: 1_001 }, (_, queryId) => anAdd({ queryId })))],
    ["arguments larger than 16 MiB", aCall({ args: [{ n: 1, text: "x".repeat(17 * 1024 * 1024) }] })],
  ])("%s", async (_what, message) => {
    const victimIsServed = await aVictim();
    const socket = await openSocket(server.url);
    socket.send(message);
    expect(await socket.closed).toBe(1011);
    await victimIsServed();
  });

  test("bytes instead of text", async () => {
    const victimIsServed = await aVictim();
    const socket = await openSocket(server.url);
    socket.sendBytes(Buffer.from(JSON.stringify(aConnect())));
    expect(await socket.closed).toBe(1011);
    await victimIsServed();
  });

  test("a message larger than 20 MiB", async () => {
    const victimIsServed = await aVictim();
    const socket = await openSocket(server.url);
    socket.send(" ".repeat(21 * 1024 * 1024));
    expect(await socket.closed).toBe(1009);
    await victimIsServed();
  });

  test.each([
    ["messages that wait", "Mutation", "faults:hangInMutation"],
    ["actions that run", "Action", "faults:hangInAction"],
  ])("more than 1,000 %s", async (_what, type, udfPath) => {
    const victimIsServed = await aVictim();
    const socket = await openSocket(server.url);
    for (let requestId = 0; requestId <= 1_000; requestId += 1) {
      socket.send({ type, requestId, udfPath, args: [{}] });
    }
    expect(await socket.closed).toBe(1011);
    expect(socket.received.at(-1)).toMatchObject({
      type: "FatalError",
      error: expect.stringMatching(/1000/) as unknown,
    });
    await victimIsServed();
  });

  test("a fault of the client is named in a FatalError", async () => {
    const socket = await openSocket(server.url);
    socket.send(aQuerySet(anAdd({ queryId: "0" })));
    await socket.closed;
    expect(socket.received).toEqual([{ type: "FatalError", error: 'the modification "Add" has a wrong `queryId`' }]);
  });
});

test("a client that comes back after a restart, with a timestamp of just now, is accepted", async () => {
  const socket = await openSocket(server.url);
  socket.send(aConnect({ maxObservedTimestamp: encoded(BigInt(Date.now()) * 1_000_000n) }));
  socket.send(aQuerySet(anAdd()));
  await vi.waitFor(() => expect(socket.received).toContainEqual(expect.objectContaining({ type: "Transition" })));
});

describe("a function that never ends is ended, and its writes are undone", () => {
  test.each([
    ["query", "faults:hangInQuery"],
    ["mutation", "faults:hangInMutation"],
    ["mutation", "faults:hangInNested"],
    ["mutation", "faults:sleep"],
    ["action", "faults:hangInAction"],
  ] as const)("%s %s", async (kind, name) => {
    const victimIsServed = await aVictim();
    await expect(call(kind, name)).rejects.toThrow(/timed out: faults:\w+ took longer than 0.3 s/);
    await victimIsServed();
    expect((await http.query(listRef, {})).filter((n) => n < 0)).toEqual([]);
  });

  test("a subscription to it fails", async () => {
    const client = new ConvexClient(server.url, { logger: false });
    onTestFinished(async () => await client.close());
    const failed = new Promise((_resolve, reject) => {
      client.onUpdate(makeFunctionReference<"query">("faults:hangInQuery"), {}, () => undefined, reject);
    });
    await expect(failed).rejects.toThrow(/timed out/);
  });

  test("what it does after its end does not enter the transaction of another function", async () => {
    await expect(call("mutation", "faults:sleep")).rejects.toThrow(/timed out/);
    await call("mutation", "faults:wakeUp");
    const numbers = await http.query(listRef, {});
    expect([numbers.includes(2_003), numbers.includes(-3)]).toEqual([true, false]);
  });
});

test("clients that send no Connect run mutations of their own, also with equal request ids", async () => {
  const results: unknown[] = [];
  for (let n = 3_001; n <= 3_002; n += 1) {
    const socket = await openSocket(server.url);
    socket.send(aCall({ args: [{ n }] }));
    const response = () => socket.received.find(({ type }) => type === "MutationResponse");
    await vi.waitFor(() => expect(response()).toMatchObject({ success: true }));
    results.push(response()?.["result"]);
  }
  expect(new Set(results).size).toBe(2);
  expect(await http.query(listRef, {})).toEqual(expect.arrayContaining([3_001, 3_002]));
});

test("a call that a mutation does not await has no effect", async () => {
  const victimIsServed = await aVictim();
  await call("mutation", "faults:doNotAwait");
  await victimIsServed();
  const numbers = await http.query(listRef, {});
  expect([numbers.includes(2_004), numbers.includes(-4)]).toEqual([true, false]);
});

test("a mutation that ends while a call of it still runs fails as a whole", async () => {
  const victimIsServed = await aVictim();
  await expect(call("mutation", "faults:doNotAwaitToTheEnd")).rejects.toThrow(/must await the functions/);
  await victimIsServed();
  expect((await http.query(listRef, {})).filter((n) => n < 0)).toEqual([]);
});

test.each(["rejection", "timer", "exit"])("an action that leaves a %s behind does not end the server", async (how) => {
  const victimIsServed = await aVictim();
  await http.action(makeFunctionReference<"action">("faults:leave"), { how }).catch(() => undefined);
  await victimIsServed();
});

test("an error without a text is an outcome too", async () => {
  await expect(call("mutation", "faults:throwNothing")).rejects.toThrow(/an error that has no text/);
});

describe("web pages", () => {
  const body = JSON.stringify({ path: "numbers:add", args: { n: 1_000 } });
  const post = async (origin: string) =>
    await fetch(`${server.url}/api/mutation`, { method: "POST", body, headers: { origin } });

  test("of an origin that is not allowed cannot call, not even without reading the response", async () => {
    const response = await post("https://evil.example");
    expect(response.status).toBe(403);
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    expect(await http.query(listRef, {})).not.toContain(1_000);
  });

  test.each(["https://evil.example", "null", "http://localhost:3001"])("of %s cannot open a socket", async (origin) => {
    await expect(openSocket(server.url, { origin })).rejects.toThrow(/403/);
  });

  test("of an allowed origin can call, without the browser's credentials", async () => {
    const response = await post("http://localhost:3000");
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
    expect(response.headers.get("access-control-allow-credentials")).toBeNull();
    await openSocket(server.url, { origin: "http://localhost:3000" });
  });
});

async function call(kind: "query" | "mutation" | "action", name: string): Promise<unknown> {
  switch (kind) {
    case "query":
      return await http.query(makeFunctionReference<"query">(name), {});
    case "mutation":
      return await http.mutation(makeFunctionReference<"mutation">(name), {});
    case "action":
      return await http.action(makeFunctionReference<"action">(name), {});
  }
}

function tomorrow(): string {
  return encoded(BigInt(Date.now() + 24 * 3_600_000) * 1_000_000n);
}

function encoded(timestamp: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(timestamp);
  return bytes.toString("base64");
}
