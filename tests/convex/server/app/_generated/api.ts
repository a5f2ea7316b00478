// convex-test finds the root of a functions folder by this folder.
export {};
