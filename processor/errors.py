"""The errors that the processor raises beside Python's own TypeError and ValueError."""


class DereverbError(Exception):
    """Something outside the program is not as it should be: a model or an audio file."""


class ModelError(DereverbError):
    """A model file is missing, damaged, foreign, or newer than this version can read."""


class AudioFileError(DereverbError):
    """An audio file cannot be read or written."""


class Cancelled(Exception):  # noqa: N818 (it is none)
    """Raised out of a progress callback to end a long job. Not an error."""
