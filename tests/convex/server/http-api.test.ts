import { ConvexHttpClient } from "convex/browser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { api } from "../../../convex/_generated/api";
import { startLocalServer, type LocalServer } from "../support/server";
import { signedCall } from "../support/webhooks";

let server: LocalServer;

beforeAll(async () => {
  server = await startLocalServer({ ADMIN_KEY: "local|key", ALLOWED_ORIGINS: "http://localhost:3000" });
});

afterAll(async () => {
  await server.end();
});

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const raw = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(server.url + path, { method: "POST", body: raw, headers });
  return { status: response.status, text: await response.text() };
}

const asAdmin = { authorization: "Convex local|key" };

describe("ConvexHttpClient", () => {
  test("calls mutations and queries", async () => {
    const client = new ConvexHttpClient(server.url);
    const projectId = await client.mutation(api.projects.create, { title: "Calculus" });
    expect(await client.query(api.projects.get, { projectId })).toMatchObject({ title: "Calculus" });
    expect(await client.query(api.projects.list, {})).toHaveLength(1);
  });

  test("gets the data of an error", async () => {
    const client = new ConvexHttpClient(server.url);
    const refused = client.mutation(api.projects.create, { title: "" });
    await expect(refused).rejects.toMatchObject({ data: { code: "INVALID_ARGUMENT", field: "title" } });
  });
});

describe("HTTP API", () => {
  test("whole numbers are written as floats, which the Python client insists on", async () => {
    const { text } = await post("/api/query", { path: "projects:list", args: {}, format: "convex_encoded_json" });
    expect(text).toMatch(/"createdAt":\d+\.\d/);
  });

  test("a function's error is an answer, not an HTTP error", async () => {
    const { status, text } = await post("/api/mutation", { path: "projects:create", args: { title: "" } });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ status: "error", errorData: { field: "title" } });
  });

  test("arguments are validated", async () => {
    const { text } = await post("/api/mutation", { path: "projects:create", args: { name: "x" } });
    expect(JSON.parse(text)).toMatchObject({
      status: "error",
      errorMessage: expect.stringMatching(/title/) as unknown,
    });
  });

  test.each([
    ["an unknown path", "/api/nothing", {}, {}, 400],
    ["a body that is not JSON", "/api/query", "{", {}, 400],
    ["a body without a path", "/api/query", {}, {}, 400],
    ["a name that is not percent-encoded", "/api/run/%zz", {}, {}, 400],
    ["a wrong admin key", "/api/query", { path: "users:me" }, { authorization: "Convex guessed" }, 401],
    ["an unknown kind of credential", "/api/query", { path: "users:me" }, { authorization: "Basic eA==" }, 401],
  ])("%s: an error document", async (_what, path, body, headers, expected) => {
    const { status, text } = await post(path, body, headers);
    expect(status).toBe(expected);
    expect(JSON.parse(text)).toEqual({ code: expect.any(String) as unknown, message: expect.any(String) as unknown });
  });

  test("a function of another kind, or one that is internal, is refused; an administrator may call the latter", async () => {
    const check = { path: "videoSessions:check", args: { projectId: "x", sessionId: "y" } };
    const wrongKind = await post("/api/query", { path: "projects:create", args: { title: "x" } });
    expect(wrongKind.text).toMatch(/as query, but it is defined as mutation/);
    expect((await post("/api/query", check)).text).toMatch(/Could not find public function/);
    expect((await post("/api/query", check, asAdmin)).text).toMatch(/unknown project/);
  });

  test("browsers of allowed origins may call", async () => {
    const headers = { origin: "http://localhost:3000", "access-control-request-headers": "content-type" };
    const response = await fetch(`${server.url}/api/query`, { method: "OPTIONS", headers });
    expect(response.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
    expect(response.headers.get("access-control-allow-headers")).toBe("content-type");
  });
});

describe("site origin", () => {
  test("both origins answer /version", async () => {
    const answers = await Promise.all([server.url, server.siteUrl].map((origin) => fetch(`${origin}/version`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });

  test("HTTP actions check signatures on the raw body", async () => {
    const call = await signedCall('{ "projectId": "x",  "sessionId": "y" }');
    const known = await fetch(`${server.siteUrl}/videotutor/check`, call);
    expect([known.status, await known.json()]).toEqual([404, { error: "unknown project" }]);
    const changed = { ...call, body: call.body.replace("  ", " ") };
    expect((await fetch(`${server.siteUrl}/videotutor/check`, changed)).status).toBe(401);
  });

  test("a path that no action serves: 404", async () => {
    expect((await fetch(`${server.siteUrl}/nothing`)).status).toBe(404);
  });
});
