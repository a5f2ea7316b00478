import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { ConvexClient } from "convex/browser";
import { expect, onTestFinished, test, vi } from "vitest";

import { api } from "../../../convex/_generated/api";
import { startHttpServer, startLocalServer } from "../support/server";
import { watch } from "../support/watch";

async function aRedirectTo(target: string): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(307, { location: `${target}${request.url}` }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a redirect of the API is not followed: a signed body is for one address only", async () => {
  const received = vi.fn(() => ({ status: "accepted" }));
  const elsewhere = await startHttpServer(received);
  onTestFinished(() => void elsewhere.close());
  const server = await startLocalServer({ VIDEOTUTOR_API_URL: await aRedirectTo(elsewhere.url) });
  onTestFinished(async () => {
    await server.end();
  });
  const client = new ConvexClient(server.url, { logger: false });
  onTestFinished(async () => await client.close());

  const projectId = await client.mutation(api.projects.create, { title: "Calculus" });
  const sessionId = await client.mutation(api.videoSessions.create, { projectId });
  const jobId = await client.mutation(api.jobs.generate, { sessionId, prompt: "the chain rule", sceneCount: 1 });
  const states = await watch(client, api.requests.listByJob, { jobId }, ([request]) => {
    return request?.attempts === 1 && request.status !== "dispatched";
  });
  expect(states.at(-1)?.[0]?.status).toBe("queued");
  expect(received).not.toHaveBeenCalled();
});
