import type { Executions } from "./executions";

type Handler = (ctx: unknown, request: Request) => Response | Promise<Response>;

/** The parts of `httpRouter()` that convex-test calls. */
export type Router = {
  lookup: (path: string, method: string) => [handler: { _handler: Handler }, ...rest: unknown[]] | null;
};

/** A router whose actions are bounded in time and get the request with the address that its caller used. */
export function boundedRouter(router: Router, executions: Executions): Router {
  return {
    lookup: (path, method) => {
      const found = router.lookup(path, method);
      if (found === null) {
        return null;
      }
      const [action, ...rest] = found;
      const run = async (ctx: unknown, given: unknown) => {
        const url = executions.outermostCall()?.url ?? (given as Request).url;
        return await buffered(await action._handler(ctx, new Request(url, given as Request)));
      };
      const bounded = executions.bound("action", `${method} ${path}`, run) as Handler;
      return [Object.assign(() => undefined, action, { _handler: bounded }), ...rest];
    },
  };
}

/** Reads the body while the action still runs: writing it may need the database. */
async function buffered(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  return new Response(body.byteLength > 0 ? body : null, response);
}
