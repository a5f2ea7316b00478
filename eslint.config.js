import convexPlugin from "@convex-dev/eslint-plugin";
import eslint from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  { ignores: ["**/_generated/", "**/node_modules/"] },
  {
    files: ["convex/**/*.ts", "dev/convex-local/**/*.ts", "tests/convex/**/*.ts"],
    extends: [eslint.configs.recommended, tseslint.configs.strictTypeChecked, convexPlugin.configs.recommended],
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Numbers read well in messages; anything else in a template is still refused.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `() => call()` is how a callback that returns nothing is written here.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
);
