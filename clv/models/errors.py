"""What a model says when the data cannot identify it."""


class ModelDataError(ValueError):
    """The data lack what the model needs; the message says what, in words for the person with the file."""


class NotFittedError(AttributeError):
    """A prediction was asked of a model that has neither been fitted nor given parameters."""
