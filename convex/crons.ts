import { cronJobs } from "convex/server";

import { internal } from "./_generated/api";

const crons = cronJobs();

crons.daily("remove old receipts and requests", { hourUTC: 3, minuteUTC: 17 }, internal.retention.prune, {});

export default crons;
