import { settingsFrom } from "./settings";
import { startServer, type Running } from "./server";

/** Starts the local stand-in for Convex and prints its addresses as one line of JSON. */
const exit = process.exit.bind(process);
const running = await startServer(settingsFrom(process.env));
keepFunctionsFromEndingTheProcess();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => exit(statusOfStopping(running)));
}
console.log(JSON.stringify({ url: running.url, siteUrl: running.siteUrl }));

function statusOfStopping({ stop }: Running): number {
  try {
    stop();
    return 0;
  } catch (error) {
    console.error("the last snapshot could not be written", error);
    return 1;
  }
}

/** A function can leave a promise or a timer that fails, or call `process.exit`. In Convex it ends only itself. */
function keepFunctionsFromEndingTheProcess(): void {
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => console.error("a function left an error that nothing catches", error));
  }
  for (const name of ["exit", "abort", "kill"] as const) {
    const refuse = () => {
      throw new Error(`not in convex-local: process.${name}`);
    };
    Object.assign(process, { [name]: refuse });
  }
}
