"""What travels: journals of gestures in a folder that the user's devices share."""
