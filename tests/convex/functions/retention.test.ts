import { expect, test } from "vitest";

import { internal } from "../../../convex/_generated/api";
import {
  deliver,
  fillWithEdits,
  generate,
  inADeployment,
  passTime,
  runSchedule,
  type Deployment,
} from "../support/backend";
import { anEvent } from "../support/webhooks";

let deployment: Deployment;

inADeployment((fresh) => {
  deployment = fresh;
});

const DAY = 24 * 60 * 60 * 1000;

const counts = async () =>
  await deployment.backend.run(async (ctx) => ({
    receipts: (await ctx.db.query("jobEvents").collect()).length,
    requests: (await ctx.db.query("requests").collect()).length,
    jobs: (await ctx.db.query("jobs").collect()).length,
  }));

test("receipts and requests are kept for a month; jobs stay", async () => {
  const { sessionId } = deployment;
  const { name } = await generate(deployment);
  await passTime(deployment, 1);
  await deliver(deployment, anEvent({ name, sessionId }));
  await passTime(deployment, 29 * DAY);
  await deliver(deployment, anEvent({ name, sessionId }, { sequence: 2 }));
  await deployment.backend.mutation(internal.retention.prune, {});
  await runSchedule(deployment);
  expect(await counts()).toEqual({ receipts: 2, requests: 1, jobs: 1 });
  await passTime(deployment, 2 * DAY);
  await deployment.backend.mutation(internal.retention.prune, {});
  await runSchedule(deployment);
  expect(await counts()).toEqual({ receipts: 1, requests: 0, jobs: 1 });
});

test("more rows than one transaction removes: it continues until none is left", async () => {
  const { name, _id: jobId } = await generate(deployment);
  await deployment.backend.run(async (ctx) => {
    for (let sequence = 0; sequence < 501; sequence++) {
      const receipt = { eventId: `e-${sequence}`, jobId, name, generation: 1, sequence, phase: "Rendering" as const };
      await ctx.db.insert("jobEvents", { ...receipt, outcome: "stale", at: Date.now() });
    }
  });
  await passTime(deployment, 31 * DAY);
  await deployment.backend.mutation(internal.retention.prune, {});
  await runSchedule(deployment);
  expect(await counts()).toMatchObject({ receipts: 0 });
});

test("requests as long as users can make them: they go, and so do the receipts", async () => {
  const { sessionId } = deployment;
  const { name, _id: jobId } = await generate(deployment);
  await passTime(deployment, 1);
  await deliver(deployment, anEvent({ name, sessionId }));
  await fillWithEdits(deployment, jobId, 700);
  await passTime(deployment, 31 * DAY);
  await deployment.backend.mutation(internal.retention.prune, {});
  await runSchedule(deployment);
  expect(await counts()).toEqual({ receipts: 0, requests: 0, jobs: 1 });
});
