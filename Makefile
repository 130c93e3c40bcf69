# Everything that a fresh machine needs is set up by the first target that needs it.

VENV := .venv
BIN := $(VENV)/bin
SAMPLE := resources/samples/kitchen.flac
DEMO := build/demo

.PHONY: help demo app test lint clean
.DELETE_ON_ERROR:

help:
	@echo "make demo   set up, then take the room out of a bundled recording"
	@echo "make app    open the window"
	@echo "make test   set up the rest, then run the tests"
	@echo "make lint   the style, format and type checks"
	@echo "make clean  remove what was built here, the virtual environment too"

demo: $(VENV)/ready-to-run
	@$(BIN)/dryspell process $(SAMPLE) --overwrite \
		--output $(DEMO)/kitchen_dry.flac --removed $(DEMO)/kitchen_room.flac
	@echo
	@echo "A voice in a kitchen:        $(SAMPLE)"
	@echo "The voice with less room:    $(DEMO)/kitchen_dry.flac"
	@echo "The room that was removed:   $(DEMO)/kitchen_room.flac"
	@echo
	@echo "Your own:   $(BIN)/dryspell process RECORDING        All it can do:   $(BIN)/dryspell --help"

app: $(VENV)/ready-to-run
	@$(BIN)/dryspell gui

test: $(VENV)/ready-to-test
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/ready-to-test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

# The stamps lie in the virtual environment: when it goes, they go.
$(VENV)/ready-to-run: pyproject.toml packaging/set_up.sh
	@packaging/set_up.sh libraries
	@packaging/set_up.sh venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --editable .
	@touch $@

$(VENV)/ready-to-test: $(VENV)/ready-to-run
	@$(BIN)/python -m pip install --disable-pip-version-check --editable '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
