"""The main job as a user sees it: a prompt goes in through Convex, a video comes out, one scene is edited."""
