"""The widgets of the window: they read Session and call its verbs, no audio and no threads."""
