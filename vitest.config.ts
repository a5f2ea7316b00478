import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        // The functions, in an environment that has what Convex's own has, and no more.
        test: {
          name: "functions",
          environment: "edge-runtime",
          include: ["tests/convex/functions/*.test.ts"],
          testTimeout: 15_000,
        },
      },
      {
        // The local server, as its own process, with the real clients.
        test: {
          name: "server",
          environment: "node",
          include: ["tests/convex/server/*.test.ts"],
          testTimeout: 15_000,
          hookTimeout: 15_000,
        },
      },
    ],
  },
});
