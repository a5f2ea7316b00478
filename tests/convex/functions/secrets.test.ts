import { describe, expect, test, vi } from "vitest";

import { settingsFrom } from "../../../dev/convex-local/src/settings";
import { accepts, generate, inADeployment, jobOf, passTime, stubApi, type Deployment } from "../support/backend";
import { anEvent, hex, hmac, signedCall } from "../support/webhooks";

let deployment: Deployment;

inADeployment((fresh) => {
  deployment = fresh;
});

const SECRET = 'a-s3cret/with"signs';
const FORMS = [SECRET, `${SECRET}\n`, `${SECRET}\r\n`, ` ${SECRET}`, `\t${SECRET} `];
const UNUSABLE = [`${SECRET}\nsecond line`, `${SECRET}é`, `${SECRET}\u0007`, `\ufeff${SECRET}`];

const delivered = async () => {
  const event = anEvent({ name: "by-hand", sessionId: deployment.sessionId });
  return await deployment.backend.fetch("/videotutor/events", await signedCall(event, { secret: SECRET }));
};

describe("white space around a secret is no part of it", () => {
  test.each(FORMS)("WEBHOOK_SECRET=%j signs requests to the API", async (form) => {
    vi.stubEnv("WEBHOOK_SECRET", form);
    const [sent] = await afterOneAttempt();
    expect(sent?.headers.get("x-webhook-signature")).toBe(`sha256=${hex(await hmac(SECRET, sent?.raw ?? ""))}`);
  });

  test.each(["CALLBACK_SECRET", "CALLBACK_SECRET_PREVIOUS"])("%s verifies reports", async (name) => {
    for (const form of FORMS) {
      vi.stubEnv(name, form);
      expect((await delivered()).status).toBe(200);
    }
  });

  test.each(FORMS)("ADMIN_KEY=%j", (form) => {
    expect(settingsFrom({ ADMIN_KEY: form }).adminKey).toBe(SECRET);
  });

  test.each(["", "\n"])("ADMIN_KEY=%j is none", (form) => {
    expect(settingsFrom({ ADMIN_KEY: form }).adminKey).toBeUndefined();
  });
});

describe("an unusable secret is refused by the name of its variable, without its value", () => {
  test.each(UNUSABLE)("WEBHOOK_SECRET=%j", async (form) => {
    vi.stubEnv("WEBHOOK_SECRET", form);
    const { message, logged } = await afterAFailure();
    expect(logged).toMatch(/WEBHOOK_SECRET must be one line of printable ASCII/);
    expect(message + logged).not.toContain(SECRET);
  });

  test.each(UNUSABLE)("CALLBACK_SECRET=%j", async (form) => {
    vi.stubEnv("CALLBACK_SECRET", form);
    await expect(delivered()).rejects.toThrow(/^CALLBACK_SECRET must be one line of printable ASCII[^/]*$/);
  });

  test.each(UNUSABLE)("ADMIN_KEY=%j", (form) => {
    expect(() => settingsFrom({ ADMIN_KEY: form })).toThrow(/^ADMIN_KEY must be one line of printable ASCII[^/]*$/);
  });
});

describe("a secret that could be guessed, or serves both ways, is refused by its name, without its value", () => {
  const SHORT = "fifteen-letters";

  test("WEBHOOK_SECRET too short: nothing is sent, and the log says why", async () => {
    vi.stubEnv("WEBHOOK_SECRET", ` ${SHORT}\n`);
    const { logged, sent } = await afterAFailure();
    expect(logged).toMatch(/WEBHOOK_SECRET must have at least 16 characters/);
    expect(logged).not.toContain(SHORT);
    expect(sent).toEqual([]);
  });

  test("CALLBACK_SECRET too short", async () => {
    vi.stubEnv("CALLBACK_SECRET", SHORT);
    const report = await signedCall(anEvent({ name: "by-hand" }), { secret: SHORT });
    const refused = deployment.backend.fetch("/videotutor/events", report);
    await expect(refused).rejects.toThrow(/^CALLBACK_SECRET must have at least 16 characters; [^/]*$/);
  });

  test("CALLBACK_SECRET_PREVIOUS too short: accepted, so that a short one can be replaced", async () => {
    vi.stubEnv("CALLBACK_SECRET_PREVIOUS", SHORT);
    const event = anEvent({ name: "by-hand", sessionId: deployment.sessionId });
    const response = await deployment.backend.fetch("/videotutor/events", await signedCall(event, { secret: SHORT }));
    expect(response.status).toBe(200);
  });

  test("WEBHOOK_SECRET and CALLBACK_SECRET equal, apart from white space", async () => {
    vi.stubEnv("WEBHOOK_SECRET", SECRET);
    vi.stubEnv("CALLBACK_SECRET", `${SECRET}\n`);
    await expect(delivered()).rejects.toThrow("CALLBACK_SECRET and WEBHOOK_SECRET must differ");
    const { logged, sent } = await afterAFailure();
    expect(logged).toMatch(/WEBHOOK_SECRET and CALLBACK_SECRET must differ/);
    expect(logged).not.toContain(SECRET);
    expect(sent).toEqual([]);
  });
});

test.each([SECRET, encodeURIComponent(SECRET), JSON.stringify(SECRET), "https://user:pass-word@api.test/"])(
  "the text of an unexpected error (%s) is not shown to users, and is logged without secrets",
  async (text) => {
    vi.stubEnv("WEBHOOK_SECRET", SECRET);
    const { message, logged } = await afterAFailure(new TypeError(`Cannot parse ${text}`));
    expect(message).toBe("The video service is not answering correctly. We keep trying.");
    expect(logged).toMatch(/Cannot parse \S*\[redacted\]/);
  },
);

async function afterOneAttempt(...answers: Parameters<typeof stubApi>) {
  const sent = stubApi(...(answers.length > 0 ? answers : [accepts]));
  await generate(deployment);
  await passTime(deployment, 1);
  return sent;
}

async function afterAFailure(error = new Error("not reached")) {
  const log = vi.spyOn(console, "error").mockReturnValue();
  const sent = stubApi(() => Promise.reject(error));
  const { _id: jobId } = await generate(deployment);
  await passTime(deployment, 1);
  const message = await deployment.backend.run(async (ctx) => {
    const request = await ctx.db.query("requests").first();
    return request?.message ?? "";
  });
  expect((await jobOf(deployment.alice, jobId)).lastRequest?.status).toBe("queued");
  return { message, sent, logged: JSON.stringify(log.mock.calls).replaceAll('\\"', '"') };
}
