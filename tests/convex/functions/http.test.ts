import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { api } from "../../../convex/_generated/api";
import { TOLERANCE_SECONDS } from "../../../convex/lib/signatures";
import { aDeployment, type Deployment } from "../support/backend";
import { anEvent, scenes, signedCall } from "../support/webhooks";

let deployment: Deployment;

beforeEach(async () => {
  deployment = await aDeployment();
});

afterEach(() => {
  vi.unstubAllEnvs();
});

async function send(path: string, call: { method: "POST"; headers: Record<string, string>; body: string }) {
  const response = await deployment.backend.fetch(path, call);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const sendEvent = async (...call: Parameters<typeof signedCall>) => {
  return await send("/videotutor/events", await signedCall(...call));
};

const event = () => anEvent({ name: "by-hand", sessionId: deployment.sessionId });
const A_SCENE = { id: "scene-1", title: "Start", phase: "Running" };
const now = () => Math.floor(Date.now() / 1000);

describe("signatures", () => {
  test.each([
    ["of another secret", () => ({ secret: "guessed" })],
    ["that is too old", () => ({ timestamp: now() - TOLERANCE_SECONDS - 2 })],
    ["from too far ahead", () => ({ timestamp: now() + TOLERANCE_SECONDS + 2 })],
  ])("one %s is refused with 401", async (_which, how) => {
    const { status, body } = await sendEvent(event(), how());
    expect(status).toBe(401);
    expect(body["error"]).toMatch(/signature|timestamp/);
  });

  test.each(["webhook-id", "webhook-timestamp", "webhook-signature"])("without %s: 401", async (header) => {
    const call = await signedCall(event());
    const headers = Object.fromEntries(Object.entries(call.headers).filter(([name]) => name !== header));
    expect((await send("/videotutor/events", { ...call, headers })).status).toBe(401);
  });

  test.each(["v1,", "v1,%%%", "v1,AAAA", "v2,AAAA", "nonsense"])(
    "the signature %j is refused with 401",
    async (given) => {
      const call = await signedCall(event());
      const headers = { ...call.headers, "webhook-signature": given };
      expect((await send("/videotutor/events", { ...call, headers })).status).toBe(401);
    },
  );

  test("a body that was changed on the way is refused with 401", async () => {
    const call = await signedCall(event());
    const body = call.body.replace("Planning", "Succeeded");
    expect((await send("/videotutor/events", { ...call, body })).status).toBe(401);
  });

  test("the secret before a rotation is accepted while it is set", async () => {
    expect((await sendEvent(event(), { secret: "old-secret" })).status).toBe(401);
    vi.stubEnv("CALLBACK_SECRET_PREVIOUS", "old-secret");
    expect((await sendEvent(event(), { secret: "old-secret" })).status).toBe(200);
  });

  test("one fitting signature in a list is enough", async () => {
    const call = await signedCall(event());
    const list = `v1,${btoa("x".repeat(32))} ${call.headers["webhook-signature"]}`;
    const headers = { ...call.headers, "webhook-signature": list };
    expect((await send("/videotutor/events", { ...call, headers })).status).toBe(200);
  });
});

describe("bodies of /videotutor/events", () => {
  test.each([
    ["not JSON", "{", undefined],
    ["an array", "[]", undefined],
    ["no name", { name: undefined }, "name"],
    ["an unknown phase", { phase: "Resting" }, "phase"],
    ["progress above 100", { progress: 101 }, "progress"],
    ["an empty namespace", { namespace: "" }, "namespace"],
    ["no time of its creation", { createdAt: "lately" }, "createdAt"],
    ["half a generation", { generation: 1.5 }, "generation"],
    ["a negative sequence", { sequence: -1 }, "sequence"],
    ["no time", { at: "yesterday" }, "at"],
    ["no time of its end", { estimatedCompletion: "soon" }, "estimatedCompletion"],
    ["half a percent of a scene", { scenes: [{ ...A_SCENE, progress: 0.5 }] }, "scenes[0].progress"],
    [
      "no time of a scene's end",
      { scenes: [{ ...A_SCENE, estimatedCompletion: "soon" }] },
      "scenes[0].estimatedCompletion",
    ],
    ["a scene without a title", { scenes: [{ id: "scene-1", phase: "Running" }] }, "scenes[0].title"],
  ])("%s: 400, naming the field", async (_what, change, field) => {
    const { status, body } = await sendEvent(typeof change === "string" ? change : { ...event(), ...change });
    expect({ status, field: body["field"] }).toEqual({ status: 400, field });
    expect(body["error"]).toEqual(expect.any(String));
  });

  test("null counts as absent, and fields of a later version are ignored", async () => {
    const [scene] = scenes("Running");
    const changes = { message: null, video: null, mood: "good", scenes: [{ ...scene, durationSeconds: null }] };
    expect((await sendEvent({ ...event(), ...changes })).body).toEqual({ outcome: "applied" });
  });
});

describe("/videotutor/check", () => {
  const check = async (body: unknown) => await send("/videotutor/check", await signedCall(body));

  test("a session of its project is known", async () => {
    const { projectId, sessionId } = deployment;
    expect(await check({ projectId, sessionId })).toEqual({ status: 200, body: { ok: true } });
  });

  test("what is unknown is named with 404", async () => {
    const { alice, projectId, sessionId } = deployment;
    const other = await alice.mutation(api.projects.create, { title: "Algebra" });
    const answers = [
      await check({ projectId: "nonsense", sessionId }),
      await check({ projectId: sessionId, sessionId }),
      await check({ projectId, sessionId: "nonsense" }),
      await check({ projectId: other, sessionId }),
    ];
    expect(answers.map(({ status, body }) => [status, body["error"]])).toEqual([
      [404, "unknown project"],
      [404, "unknown project"],
      [404, "unknown session"],
      [404, "session is not of this project"],
    ]);
  });

  test.each([
    [{ sessionId: "s" }, "projectId"],
    [{ projectId: "p" }, "sessionId"],
    [7, "projectId"],
  ])("%j: 400, naming the field", async (given, field) => {
    expect(await check(given)).toMatchObject({ status: 400, body: { field } });
  });

  test("the webhook secret, which the API has, signs it and no report", async () => {
    const { projectId, sessionId } = deployment;
    const secret = "the-webhook-secret";
    const asked = await send("/videotutor/check", await signedCall({ projectId, sessionId }, { secret }));
    const forged = await send("/videotutor/events", await signedCall(event(), { secret }));
    expect([asked.status, forged.status]).toEqual([200, 401]);
  });

  test("without a signature: 401", async () => {
    const { projectId, sessionId } = deployment;
    const call = await signedCall({ projectId, sessionId }, { secret: "guessed" });
    expect((await send("/videotutor/check", call)).status).toBe(401);
  });
});
