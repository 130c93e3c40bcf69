"""What the distribution promises about itself."""

import sys
from importlib import import_module, metadata
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("package", ["processor", "desktop_app", "training", "resources"])
def test_every_folder_with_code_in_a_package_is_a_package(package):
    for module in (ROOT / package).rglob("*.py"):
        if module.parent != ROOT / "resources" / "samples":  # scripts, not shipped
            assert (module.parent / "__init__.py").exists(), module


@pytest.mark.parametrize("package", ["resources", "training"])
def test_every_pattern_of_package_data_finds_something_that_exists(package):
    patterns = PROJECT["tool"]["setuptools"]["package-data"][package]
    found = {path for pattern in patterns for path in (ROOT / package).glob(pattern)}
    assert found
    if package == "resources":
        assert ROOT / "resources" / "live.pt" in found


def test_the_command_is_callable():
    module, function = PROJECT["project"]["scripts"]["dryspell"].split(":")
    assert callable(getattr(import_module(module), function))


def test_the_installed_version_is_the_declared_one():
    assert metadata.version("dryspell") == PROJECT["project"]["version"]


def test_the_changelog_begins_with_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first = next(line for line in changelog.splitlines() if line.startswith("## "))
    assert PROJECT["project"]["version"] in first


def test_the_licence_is_the_gpl():
    assert "GNU GENERAL PUBLIC LICENSE" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["project"]["license"] == "GPL-3.0-or-later"
