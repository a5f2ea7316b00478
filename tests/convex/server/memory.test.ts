import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { ANONYMOUS } from "../../../dev/convex-local/src/caller";
import { Executions } from "../../../dev/convex-local/src/executions";
import { Functions } from "../../../dev/convex-local/src/functions";
import { Host } from "../../../dev/convex-local/src/host";

const APP = fileURLToPath(new URL("app", import.meta.url));

test("the rows that queries read are not kept when their transactions have ended", async () => {
  const executions = new Executions({ transaction: 5_000, action: 5_000 });
  const host = await Host.start(new Functions(APP, executions), executions);
  for (let n = 0; n < 20; n += 1) {
    expect(await host.call("mutation", "numbers:add", { n }, ANONYMOUS)).toMatchObject({ ok: true });
    expect(await host.call("query", "numbers:list", {}, ANONYMOUS)).toMatchObject({ ok: true });
  }
  expect(Object.keys(host.database._queryResults).length).toBeLessThanOrEqual(1);
});
