import { httpRouter } from "convex/server";

import { internal } from "./_generated/api";
import { httpAction } from "./_generated/server";
import { readEvent } from "./lib/events";
import { readCheck, refused, signedBody } from "./lib/webhooks";

const http = httpRouter();

/** The operator's reports. Answers 200 for applied, duplicate and stale ones: none of them is to be sent again. */
http.route({
  path: "/videotutor/events",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    try {
      const event = readEvent(await signedBody(request));
      const { outcome } = await ctx.runMutation(internal.events.apply, event);
      return Response.json({ outcome }, { status: outcome === "unknown session" ? 404 : 200 });
    } catch (error) {
      return refused(error);
    }
  }),
});

/** The API asks whether a session exists before it makes a VideoJob for it. */
http.route({
  path: "/videotutor/check",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    try {
      const { fault } = await ctx.runQuery(internal.videoSessions.check, readCheck(await signedBody(request)));
      return fault === null ? Response.json({ ok: true }) : Response.json({ error: fault }, { status: 404 });
    } catch (error) {
      return refused(error);
    }
  }),
});

export default http;
