"""The planner `llm`: a language model behind an OpenAI-compatible endpoint writes lessons and edits scenes.

Only what asks the model imports pydantic-ai, which takes seconds; whoever does not ask does not wait for it.
"""
