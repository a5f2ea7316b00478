import type { Executions } from "./executions";
import type { Database } from "./internals";

/** convex-test's cursor behind the last row. */
const END = "_end_cursor";

/**
 * Pins the end of a paginated query's page where its first run ended, as Convex does: when rows come or go, a page
 * grows or shrinks, and the next page still begins where this one ends.
 */
export function pinPages(database: Database, executions: Executions): void {
  const { paginate } = database;
  database.paginate = (page) => {
    const call = executions.outermostCall();
    const endCursor = page.endCursor ?? call?.journal ?? null;
    const result = paginate.call(database, { ...page, endCursor });
    const isPinned = endCursor !== null && endCursor !== END && result.pageStatus !== "SplitRequired";
    // convex-test takes a page whose last row was deleted for the last page.
    const pinned = isPinned ? { ...result, continueCursor: endCursor, isDone: false } : result;
    if (call) {
      call.journal = pinned.continueCursor;
    }
    return pinned;
  };
}
