"""Loads the model that a session is to use, before it is used."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from processor import Model
from processor.model_files import DEFAULT_MODEL

from .job import JobSlot
from .models import load_first, title_of
from .wording import in_the_window

if TYPE_CHECKING:
    from .session import Session


class ModelLoading(QObject):
    """Has a session use a model once it is loaded, and keep the old one where it cannot be.

    Args:
        session: Whose recipe names the model.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._work = JobSlot(self)
        self._chosen: object | None = None  # that which is being loaded to be used

    @property
    def is_busy(self) -> bool:
        return self._work.is_busy

    def load(self) -> None:
        """Load the model ahead of need; one that is not the default gives way if it fails."""
        model = self._session.recipe.model
        job = self._work.start(lambda progress: load_first(model))
        if model is not None:  # else the rendering that needs it tells
            job.failed.connect(lambda error: self._fall_back(model, error))

    def choose(self, model: str | None) -> None:
        """Use this model from now on: a name, a file, or None for the default.

        One that cannot be loaded is told of, and the old one stays.
        """
        self._chosen = chosen = object()
        job = self._work.start(lambda progress: Model.load(model))
        job.succeeded.connect(lambda _: self._use_chosen(model, chosen))
        job.failed.connect(self._refuse)

    def overtake(self) -> None:
        """The recipe got a model in another way: one that is being loaded comes too late."""
        self._chosen = None

    def stop(self) -> None:
        """Wait for what runs, and hear no more of it."""
        self._work.abandon()
        self._work.stop()

    def _use_chosen(self, model: str | None, chosen: object) -> None:
        if chosen is self._chosen:
            self._use(model)
        else:  # undone, or chosen for a recording that was left meanwhile
            self._session.models.add(model)
            self._session.models_changed.emit()

    def _use(self, model: str | None) -> None:
        self._session.models.add(model)
        self._session.set_recipe(model=model)
        self._session.models_changed.emit()

    def _fall_back(self, model: str, error: Exception) -> None:
        reason = in_the_window(error)
        if os.path.basename(model) != model and not os.path.exists(model):
            reason = f"The model '{os.path.basename(model)}' of the last time is gone."
        self._use(None)
        self._session.warn(f"{reason} '{title_of(DEFAULT_MODEL)}' is used instead.")

    def _refuse(self, error: Exception) -> None:
        self._session.complain(error)
        self._session.models_changed.emit()
