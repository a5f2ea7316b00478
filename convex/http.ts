import { httpRouter } from "convex/server";

import { internal } from "./_generated/api";
import { httpAction } from "./_generated/server";
import { readEvent } from "./lib/events";
import { callbackSecrets, checkSecrets } from "./lib/settings";
import { Refusal } from "./lib/targets";
import { readCheck, refused, signedBody } from "./lib/webhooks";

const http = httpRouter();

/** Answers to reports that are refused. The operator sends such a report again, rarely, and others meanwhile. */
const REFUSALS: Record<Refusal, { status: number; error: string }> = {
  "unknown session": { status: 404, error: "unknown session" },
  "namespace not allowed": {
    status: 422,
    error:
      "Convex did not request this VideoJob, and its namespace may not write into sessions: add the namespace to " +
      "VIDEOTUTOR_FOREIGN_NAMESPACES in Convex's environment",
  },
};

/** The operator's reports. Answers 200 for applied, duplicate and stale ones: none of them is to be sent again. */
http.route({
  path: "/videotutor/events",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    try {
      const event = readEvent(await signedBody(request, callbackSecrets()));
      const { outcome } = await ctx.runMutation(internal.events.apply, event);
      if (outcome === "unknown session" || outcome === "namespace not allowed") {
        const { status, error } = REFUSALS[outcome];
        return Response.json({ error }, { status });
      }
      return Response.json({ outcome });
    } catch (error) {
      return refused(error);
    }
  }),
});

/** The API checks here whether a session exists before it makes a VideoJob for it. */
http.route({
  path: "/videotutor/check",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    try {
      const body = await signedBody(request, checkSecrets());
      const { fault } = await ctx.runQuery(internal.videoSessions.check, readCheck(body));
      return fault === null ? Response.json({ ok: true }) : Response.json({ error: fault }, { status: 404 });
    } catch (error) {
      return refused(error);
    }
  }),
});

export default http;
