import { v } from "convex/values";

import { TableNames } from "../_generated/dataModel";
import schema from "../schema";
import { requireInteger } from "./errors";

/** Validator of a whole row of a table, for the `returns` of functions that hand rows out. */
export function documentOf<T extends TableNames>(table: T) {
  const row: (typeof schema.tables)[T]["validator"] = schema.tables[table].validator;
  return v.object({ ...row.fields, _id: v.id(table), _creationTime: v.number() });
}

/** Most rows that a list returns. */
export const LIST_LIMIT = 200;

/** Number of rows to list: the requested one, at most `LIST_LIMIT`. */
export function rowsWanted(limit: number | undefined): number {
  return limit === undefined ? LIST_LIMIT : requireInteger("limit", limit, 1, LIST_LIMIT);
}
