"""From a prompt to a storyboard, without a language model: outline, lesson library, or an honest skeleton."""
