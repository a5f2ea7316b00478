import { messageOf, NotInConvexLocal } from "./errors";
import type { Functions } from "./functions";

/** The parts that this server reads of what `defineApp()` exports. */
type Analysis = {
  httpPrefix?: string;
  childComponents: unknown[];
  envVars?: [name: string, validator: { value: string; optional?: boolean }][];
};

type Validator = { type: string; value?: unknown };

/** Checks `convex.config.ts` as a deployment to Convex does; throws an error that names what is missing. */
export async function checkAppConfig(functions: Functions, env: NodeJS.ProcessEnv): Promise<void> {
  const analysis = await analysisOf(functions);
  if (analysis === undefined) {
    return;
  }
  if (analysis.childComponents.length > 0) {
    throw new NotInConvexLocal("components (`app.use` in convex.config.ts)");
  }
  if (analysis.httpPrefix !== undefined) {
    throw new NotInConvexLocal("`httpPrefix` in convex.config.ts");
  }
  const faults = (analysis.envVars ?? []).flatMap(([name, { value, optional }]) =>
    faultOf(name, env[name], JSON.parse(value) as Validator, optional ?? false),
  );
  if (faults.length > 0) {
    throw new Error(`the environment does not fit convex.config.ts:\n  ${faults.join("\n  ")}`);
  }
}

async function analysisOf(functions: Functions): Promise<Analysis | undefined> {
  try {
    const app = (await functions.defaultOf("convex.config")) as { export: () => string | Analysis } | undefined;
    const analysis = app?.export();
    return typeof analysis === "string" ? (JSON.parse(analysis) as Analysis) : analysis;
  } catch (error) {
    if (messageOf(error).includes("componentDefinitionPath")) {
      throw new NotInConvexLocal("components (`app.use` in convex.config.ts)");
    }
    throw error;
  }
}

function faultOf(name: string, text: string | undefined, validator: Validator, optional: boolean): string[] {
  if (text === undefined) {
    return optional ? [] : [`${name} is not set`];
  }
  return isValid(text, validator) ? [] : [`${name} is "${text}"; it must be ${JSON.stringify(validator)}`];
}

/** Variables are texts: a validator is a text, a literal, or a union of those. */
function isValid(text: string, { type, value }: Validator): boolean {
  switch (type) {
    case "literal":
      return text === value;
    case "union":
      return (value as Validator[]).some((each) => isValid(text, each));
    default:
      return true;
  }
}
