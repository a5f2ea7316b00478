import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";

import { api } from "../../../convex/_generated/api";
import { startHttpServer, startLocalServer, type LocalServer } from "../support/server";
import { aConnect, openSocket } from "../support/sockets";

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

let server: LocalServer;
let issuer: Awaited<ReturnType<typeof startHttpServer>>;
let keys: KeyPair;

beforeAll(async () => {
  keys = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: "key-1", alg: "ES256" };
  issuer = await startHttpServer((path) =>
    path.endsWith("/jwks") ? { keys: [jwk] } : { jwks_uri: `${issuer.url}/jwks` },
  );
  const env = { AUTH_ISSUER: issuer.url, AUTH_AUDIENCE: "videotutor", VIDEOTUTOR_ANONYMOUS: "" };
  server = await startLocalServer(env);
});

afterAll(async () => {
  await server.end();
  issuer.close();
});

type TokenOptions = { key?: CryptoKey; audience?: string; expires?: string | Date; from?: string };

async function token({
  key = keys.privateKey,
  audience = "videotutor",
  expires = "5m",
  from = issuer.url,
}: TokenOptions = {}) {
  const claims = new SignJWT({ name: "Alice", email: "alice@example.com" });
  const dated = claims
    .setIssuedAt()
    .setExpirationTime(expires)
    .setSubject("alice")
    .setIssuer(from)
    .setAudience(audience);
  return await dated.setProtectedHeader({ alg: "ES256", kid: "key-1" }).sign(key);
}

function httpClient(jwt: string): ConvexHttpClient {
  const client = new ConvexHttpClient(server.url);
  client.setAuth(jwt);
  return client;
}

const ALICE = () => ({ tokenIdentifier: `${issuer.url}|alice`, name: "Alice", email: "alice@example.com" });

test("a signed token makes its bearer known, over HTTP", async () => {
  const client = httpClient(await token());
  await client.mutation(api.users.ensure, {});
  expect(await client.query(api.users.me, {})).toMatchObject(ALICE());
});

test("a signed token makes its bearer known, over WebSocket", async () => {
  const client = new ConvexClient(server.url, { logger: false });
  client.setAuth(async () => await token());
  await client.mutation(api.users.ensure, {});
  expect(await client.query(api.users.me, {})).toMatchObject(ALICE());
  await client.close();
});

test("an issuer with a slash at its end, as Auth0 writes it, is the configured one", async () => {
  const client = httpClient(await token({ from: `${issuer.url}/` }));
  await client.mutation(api.users.ensure, {});
  expect(await client.query(api.users.me, {})).toMatchObject({ name: "Alice" });
});

describe("a token that expires while the connection is open", () => {
  const inTwoSeconds = () => new Date(Date.now() + 2_000);

  test("its client fetches a new one and makes the call with it", async () => {
    const client = new ConvexClient(server.url, { logger: false });
    onTestFinished(async () => await client.close());
    const expires = inTwoSeconds();
    const fetchToken = vi.fn(async ({ forceRefreshToken }: { forceRefreshToken: boolean }) =>
      forceRefreshToken ? await token() : await token({ expires }),
    );
    client.setAuth(fetchToken);
    await client.mutation(api.users.ensure, {});
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(expires.getTime()), 5_000);
    expect(await client.mutation(api.projects.create, { title: "Calculus" })).toBeDefined();
    expect(fetchToken).toHaveBeenCalledWith(expect.objectContaining({ forceRefreshToken: true }));
  });

  test.each([
    ["a mutation", { type: "Mutation", requestId: 0, udfPath: "projects:create", args: [{ title: "x" }] }],
    ["an action", { type: "Action", requestId: 0, udfPath: "jobs:any", args: [{}] }],
    [
      "a query",
      {
        type: "ModifyQuerySet",
        baseVersion: 0,
        newVersion: 1,
        modifications: [{ type: "Add", queryId: 0, udfPath: "users:me", args: [{}] }],
      },
    ],
  ])("%s gets Convex's AuthError, and the connection ends", async (_what, message) => {
    const socket = await openSocket(server.url);
    const expires = inTwoSeconds();
    socket.send(aConnect());
    socket.send({ type: "Authenticate", tokenType: "User", value: await token({ expires }), baseVersion: 0 });
    await vi.waitFor(() => expect(socket.received).toHaveLength(1));
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(expires.getTime()), 5_000);
    socket.send(message);
    expect(await socket.closed).toBe(1011);
    const error = "Convex token identity expired";
    expect(socket.received.at(-1)).toEqual({ type: "AuthError", error, baseVersion: 1, authUpdateAttempted: false });
  });
});

test("a token that was refused over WebSocket makes its bearer anonymous", async () => {
  const client = new ConvexClient(server.url, { logger: false });
  const forged = await token({ key: (await generateKeyPair("ES256")).privateKey });
  client.setAuth(() => Promise.resolve(forged));
  await expect(client.query(api.users.me, {})).rejects.toMatchObject({ data: { code: "UNAUTHENTICATED" } });
  await client.close();
});

test.each([
  ["signed with another key", async () => await token({ key: (await generateKeyPair("ES256")).privateKey })],
  ["for another audience", async () => await token({ audience: "another" })],
  ["of another issuer", async () => await token({ from: "https://elsewhere.test" })],
  ["that has expired", async () => await token({ expires: "-1m" })],
  ["without a signature", async () => unsigned(await token())],
  ["that is no token", () => Promise.resolve("nonsense")],
])("a token %s is refused", async (_which, make) => {
  await expect(httpClient(await make()).query(api.users.me, {})).rejects.toThrow(/InvalidAuthToken/);
});

function unsigned(jwt: string): string {
  const header = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
  return [header, jwt.split(".")[1], ""].join(".");
}
