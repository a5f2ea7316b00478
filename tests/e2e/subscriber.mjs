// A browser's view of a session, with the real JavaScript client: prints each change as one line of JSON until it ends.
import { ConvexClient } from "convex/browser";
import { anyApi } from "convex/server";

const [url, sessionId, generation] = process.argv.slice(2);
const client = new ConvexClient(url);
const print = (kind, value) => console.log(JSON.stringify({ kind, value }));

client.onUpdate(anyApi.scenes.listBySession, { sessionId }, (scenes) => print("scenes", scenes));
client.onUpdate(anyApi.videoSessions.get, { sessionId }, (session) => print("session", session));
client.onUpdate(anyApi.jobs.latest, { sessionId }, async (job) => {
  print("job", job);
  if (job !== null && ["Succeeded", "Failed"].includes(job.phase) && job.generation >= Number(generation)) {
    await client.close();
    process.exit(0);
  }
});
print("subscribed", sessionId);
