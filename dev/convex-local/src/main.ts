import { settingsFrom } from "./settings";
import { startServer } from "./server";

/** Starts the local stand-in for Convex and says where it listens, in one line of JSON. */
const running = await startServer(settingsFrom(process.env));
console.log(JSON.stringify({ url: running.url, siteUrl: running.siteUrl }));

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    running.stop();
    process.exit(0);
  });
}
