import { NotInConvexLocal } from "./errors";
import type { Internals, QueryDescription } from "./internals";

/** Features that convex-test imitates in a way that gives other results than Convex, by system call. */
const REFUSED: [RegExp, string][] = [
  [/storage/i, "file storage (`ctx.storage`)"],
  [/vectorSearch/, "vector search (`ctx.vectorSearch`)"],
  [/createFunctionHandle/, "function handles (`createFunctionHandle`)"],
  [/getRequestMetadata/, "metadata of requests (`ctx.meta.getRequestMetadata`)"],
  [/getDeploymentMetadata/, "metadata of the deployment (`ctx.meta.getDeploymentMetadata`)"],
  [/auditLog/, "the audit log"],
];

/** Makes what is not here fail with a message that names it, instead of giving a wrong result. */
export function refuseMissing(internals: Internals): void {
  const { syscall, asyncSyscall, jsSyscall } = internals;
  const { db } = internals.components[""];
  const { startQuery, paginate } = db;
  internals.syscall = (op, args) => {
    assertPresent(op);
    return syscall(op, args);
  };
  internals.asyncSyscall = async (op, args) => {
    assertPresent(op);
    return await asyncSyscall(op, args);
  };
  internals.jsSyscall = async (op, args) => {
    assertPresent(op);
    return await jsSyscall(op, args);
  };
  db.startQuery = (query) => startQuery.call(db, withoutSearch(query));
  db.paginate = (page) => paginate.call(db, { ...page, query: withoutSearch(page.query) });
}

function assertPresent(op: string): void {
  const refused = REFUSED.find(([pattern]) => pattern.test(op));
  if (refused) {
    throw new NotInConvexLocal(refused[1]);
  }
}

function withoutSearch(query: QueryDescription): QueryDescription {
  if (query.source.type === "Search") {
    throw new NotInConvexLocal("full-text search (`withSearchIndex`)");
  }
  return query;
}
