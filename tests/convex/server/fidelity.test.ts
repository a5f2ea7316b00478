import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";

import { addRef, listRef } from "./app/numbers";
import { startLocalServer, type LocalServer } from "../support/server";

const APP = fileURLToPath(new URL("app", import.meta.url));

let server: LocalServer;
let http: ConvexHttpClient;

beforeAll(async () => {
  server = await startLocalServer({ CONVEX_FUNCTIONS: APP });
  http = new ConvexHttpClient(server.url);
});

afterAll(async () => {
  await server.end();
});

const query = makeFunctionReference<"query">;
const mutation = makeFunctionReference<"mutation">;
const action = makeFunctionReference<"action">;

async function post(path: string, body: unknown) {
  const response = await fetch(server.url + path, { method: "POST", body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test("an error of another copy of `convex` keeps its data, over HTTP and WebSocket", async () => {
  const client = new ConvexClient(server.url, { logger: false });
  onTestFinished(async () => await client.close());
  await expect(http.mutation(mutation("features:fail"), {})).rejects.toMatchObject({ data: { code: "NOPE" } });
  await expect(client.mutation(mutation("features:fail"), {})).rejects.toMatchObject({ data: { code: "NOPE" } });
});

describe("what convex-local does not have is refused by name", () => {
  test.each([
    ["uploads", () => http.mutation(mutation("features:uploadUrl"), {}), /not in convex-local: file storage/],
    ["stored files", () => http.action(action("features:store"), {}), /not in convex-local: file storage/],
    ["addresses of files", () => http.query(query("features:fileUrl"), {}), /not in convex-local: file storage/],
    ["search", () => http.query(query("features:search"), {}), /not in convex-local: full-text search/],
    ["function handles", () => http.query(query("features:handle"), {}), /not in convex-local: function handles/],
    ["system functions", () => http.query(query("_system/cli/tables"), {}), /not in convex-local: the system function/],
  ])("%s", async (_what, call, message) => {
    await expect(call()).rejects.toThrow(message);
  });

  test("paths of the HTTP API", async () => {
    const { status, body } = await post("/api/deploy2/start_push", {});
    expect([status, body["message"]]).toEqual([400, "not in convex-local: POST /api/deploy2/start_push"]);
  });
});

test("Convex's limits hold: a transaction writes 16,000 rows at most", async () => {
  await expect(http.mutation(mutation("features:addMany"), { count: 16_001 })).rejects.toThrow(/Wrote too many/);
  expect(await http.query(listRef, {})).toHaveLength(0);
});

test("a scheduled function runs when it is due, also if that is far away", async () => {
  await http.mutation(mutation("features:scheduleTwice"), {});
  await http.mutation(mutation("features:scheduleAndFail"), {}).catch(() => undefined);
  await vi.waitFor(async () => expect(await http.query(listRef, {})).toContain(9_001), 5_000);
  const numbers = await http.query(listRef, {});
  expect([numbers.includes(9_002), numbers.includes(9_003)]).toEqual([false, false]);
});

test("crons run, again and again, with the internal functions that they name", async () => {
  await vi.waitFor(async () => expect(await http.query(query("features:ticks"), {})).toBeGreaterThan(1), 10_000);
});

test("equal queries of many clients run once for each commit", async () => {
  const clients = Array.from({ length: 10 }, () => new ConvexClient(server.url, { logger: false }));
  onTestFinished(async () => {
    await Promise.all(clients.map((client) => client.close()));
  });
  const shown = clients.map(() => -1);
  clients.forEach((client, index) => {
    client.onUpdate(query("features:counted"), {}, (count) => {
      shown[index] = count as number;
    });
  });
  await vi.waitFor(() => expect(shown).not.toContain(-1), 5_000);
  const before = (await http.action(action("features:countRuns"), {})) as number;
  await http.mutation(addRef, { n: 100 });
  const expected = (await http.query(listRef, {})).length;
  await vi.waitFor(() => expect(shown).toEqual(clients.map(() => expected)), 5_000);
  expect(await http.action(action("features:countRuns"), {})).toBe(before + 1);
});

describe("log lines of a function reach its caller", () => {
  const lines = ["[LOG] 'hello' { n: 1 }", "[WARN] 'careful'"];

  test("over HTTP", async () => {
    expect((await post("/api/query", { path: "features:log", args: {} })).body["logLines"]).toEqual(lines);
  });

  test("over WebSocket, with the function's name", async () => {
    const logged = vi.fn();
    const client = new ConvexClient(server.url, {
      logger: { ...console, log: logged, warn: logged, logVerbose: logged },
    });
    onTestFinished(async () => await client.close());
    await client.query(query("features:log"), {});
    expect(JSON.stringify(logged.mock.calls)).toMatch(/features:log.*hello/);
  });
});

describe("HTTP actions", () => {
  test("get the address that was called, the body, and return every cookie", async () => {
    const response = await fetch(`${server.siteUrl}/echo?a=1`, { method: "POST", body: "text" });
    expect(await response.json()).toEqual({ url: `${server.siteUrl}/echo?a=1`, body: "text" });
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });

  test("see the scheme that a proxy was called with", async () => {
    const headers = { "x-forwarded-proto": "https" };
    const response = await fetch(`${server.siteUrl}/echo`, { method: "POST", headers });
    expect(await response.json()).toMatchObject({ url: `${server.siteUrl.replace("http:", "https:")}/echo` });
  });

  test("may call functions while they write a stream", async () => {
    expect(await (await fetch(`${server.siteUrl}/stream`)).text()).toBe("one two");
  });

  test("may answer without a body", async () => {
    expect((await fetch(`${server.siteUrl}/nothing`)).status).toBe(204);
  });
});

test("functions know the addresses of the deployment", async () => {
  expect(await http.action(action("features:environment"), {})).toEqual([server.url, server.siteUrl]);
});

test.each(["/api/run/numbers/add", "/api/run/numbers:add"])("%s calls a function", async (path) => {
  const { body } = await post(path, { args: { n: 77 }, format: "json" });
  expect(body).toMatchObject({ status: "success", value: expect.stringMatching(/numbers$/) as unknown });
});

describe("a start that cannot succeed names the cause", () => {
  /** The app with a `convex.config.ts` of its own. */
  function anAppWith(config: string): string {
    const folder = mkdtempSync(path.join(path.dirname(APP), "app-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    cpSync(APP, folder, { recursive: true });
    writeFileSync(path.join(folder, "convex.config.ts"), config);
    return folder;
  }

  const IMPORTS = 'import { defineApp } from "convex/server";\nimport { v } from "convex/values";\n';
  const MODE = 'v.union(v.literal("fast"), v.literal("slow"))';
  const DECLARED = `export default defineApp({ env: { NEEDED: v.string(), MODE: ${MODE}, MAYBE: v.optional(v.string()) } });`;

  test.each([
    ["a variable that is not set", IMPORTS + DECLARED, { MODE: "fast" }, /NEEDED is not set/],
    ["a variable with a wrong value", IMPORTS + DECLARED, { NEEDED: "x", MODE: "slo" }, /MODE is "slo"/],
    [
      "a component",
      `${IMPORTS}const app = defineApp();\napp.use({ componentDefinitionPath: "x" } as never);\nexport default app;`,
      {},
      /not in convex-local: components/,
    ],
    [
      "a component of a package",
      `${IMPORTS}const app = defineApp();\napp.use({} as never);\nexport default app;`,
      {},
      /not in convex-local: components/,
    ],
  ])("%s", async (_what, config, env, message) => {
    const started = startLocalServer({ CONVEX_FUNCTIONS: anAppWith(config), ...env });
    await expect(started).rejects.toThrow(message);
  });

  test("with everything that it declares, it starts", async () => {
    const env = { CONVEX_FUNCTIONS: anAppWith(IMPORTS + DECLARED), NEEDED: "x", MODE: "slow" };
    const started = await startLocalServer(env);
    await started.end();
  });
});
