import type { ConvexClient } from "convex/browser";
import type { FunctionArgs, FunctionReference, FunctionReturnType } from "convex/server";

/** Everything a subscription shows, in order, until `last` holds. */
export function watch<Query extends FunctionReference<"query">>(
  client: ConvexClient,
  query: Query,
  args: FunctionArgs<Query>,
  last: (value: FunctionReturnType<Query>) => boolean,
): Promise<FunctionReturnType<Query>[]> {
  return new Promise((resolve, reject) => {
    const seen: FunctionReturnType<Query>[] = [];
    const stop = client.onUpdate(
      query,
      args,
      (value) => {
        seen.push(value);
        if (last(value)) {
          stop();
          resolve(seen);
        }
      },
      reject,
    );
  });
}
