import { httpActionGeneric as httpAction, httpRouter } from "convex/server";

import { addRef } from "./numbers";

const http = httpRouter();

http.route({
  path: "/echo",
  method: "POST",
  handler: httpAction(async (_ctx, request) => {
    const headers: [string, string][] = [
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ];
    return Response.json({ url: request.url, body: await request.text() }, { headers });
  }),
});

http.route({
  path: "/stream",
  method: "GET",
  handler: httpAction((ctx) => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const write = async () => {
      for (const part of ["one ", "two"]) {
        await ctx.runMutation(addRef, { n: 5_000 });
        await writer.write(new TextEncoder().encode(part));
      }
      await writer.close();
    };
    void write();
    return Promise.resolve(new Response(readable));
  }),
});

http.route({
  path: "/nothing",
  method: "GET",
  handler: httpAction(() => Promise.resolve(new Response(null, { status: 204 }))),
});

export default http;
