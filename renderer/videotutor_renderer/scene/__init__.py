"""A typed scene becomes a video: layout, drawing, speech, encoding."""
