"""What opens over the reader's screen: lists, prompts, help, the palette."""
