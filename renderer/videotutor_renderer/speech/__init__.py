"""Speech: engines, what is spoken, and how loud it is."""
