import { expect, test } from "vitest";

import { NEXT, PHASES, TERMINAL, type Phase } from "../../../convex/phases";

test("terminal phases, and only they, have no way out", () => {
  const ends = PHASES.filter((phase) => NEXT[phase].length === 0);
  expect(new Set(ends)).toEqual(new Set(TERMINAL));
});

test("every phase can be reached from Pending", () => {
  const reached = new Set<Phase>(["Pending"]);
  for (const phase of reached) {
    NEXT[phase].forEach((next) => reached.add(next));
  }
  expect(reached).toEqual(new Set(PHASES));
});
