import { cronJobs, makeFunctionReference } from "convex/server";

const crons = cronJobs();
crons.interval("tick", { seconds: 1 }, makeFunctionReference<"mutation">("features:tick"), {});
crons.daily("never today", { hourUTC: 0 }, makeFunctionReference<"mutation">("features:tick"), {});

export default crons;
