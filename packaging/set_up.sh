#!/usr/bin/env bash
# Sets up what pip cannot: system libraries, and a virtual environment to install into.
#
#   packaging/set_up.sh libraries      look for the libraries that Qt and the audio packages load;
#                                      install what is missing where apt can, else name it
#   packaging/set_up.sh venv FOLDER    make a virtual environment with a Python of 3.10 to 3.13
#
# Nothing is changed when all is there. Works with the bash 3.2 of macOS.
set -euo pipefail

# What is loaded, and the Debian or Ubuntu package that has it.
libraries="
libatomic.so.1          libatomic1
libEGL.so.1             libegl1
libGL.so.1              libgl1
libX11-xcb.so.1         libx11-xcb1
libX11.so.6             libx11-6
libXext.so.6            libxext6
libXrandr.so.2          libxrandr2
libdbus-1.so.3          libdbus-1-3
libfontconfig.so.1      libfontconfig1
libfreetype.so.6        libfreetype6
libglib-2.0.so.0        libglib2.0-0
libpulse.so.0           libpulse0
libxcb-cursor.so.0      libxcb-cursor0
libxcb-icccm.so.4       libxcb-icccm4
libxcb-image.so.0       libxcb-image0
libxcb-keysyms.so.1     libxcb-keysyms1
libxcb-randr.so.0       libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-render.so.0      libxcb-render0
libxcb-shape.so.0       libxcb-shape0
libxcb-shm.so.0         libxcb-shm0
libxcb-sync.so.1        libxcb-sync1
libxcb-util.so.1        libxcb-util1
libxcb-xfixes.so.0      libxcb-xfixes0
libxcb-xkb.so.1         libxcb-xkb1
libxkbcommon-x11.so.0   libxkbcommon-x11-0
libxkbcommon.so.0       libxkbcommon0
"

say() { printf '%s\n' "$*" >&2; }

# The words to put before apt-get, or failure where packages cannot be installed without asking.
as_root() {
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" = 0 ]; then echo env; return; fi
    command -v sudo >/dev/null && sudo -n true 2>/dev/null && echo sudo
}

# Installs Debian packages; fails quietly where that is not possible.
apt_install() {
    local root
    root=$(as_root) || return 1
    say "Installing: $*"
    $root env DEBIAN_FRONTEND=noninteractive sh -c '
        apt-get -qq update && apt-get -qq install -y --no-install-recommends "$@"
    ' sh "$@" >&2
}

# What is missing of the libraries: "so-name package" lines.
missing_libraries() {
    local loader known name package
    loader=$(PATH="$PATH:/sbin:/usr/sbin" command -v ldconfig) || return 0 # no way to ask
    known=$("$loader" -p)
    while read -r name package; do
        if [ -n "$name" ] && ! grep -qF "$name " <<<"$known"; then echo "$name $package"; fi
    done <<<"$libraries"
}

has_a_font() {
    local folder
    for folder in /usr/share/fonts /usr/local/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts"; do
        if [ -n "$(find -L "$folder" -name '*.[to]t[fc]' -print 2>/dev/null | head -n 1)" ]; then return; fi
    done
    return 1
}

set_up_libraries() {
    [ "$(uname -s)" = Linux ] || return 0 # the wheels for macOS and Windows bring everything
    local missing packages names
    missing=$(missing_libraries)
    packages=$(awk '{print $2}' <<<"$missing")
    names=$(awk '{print $1}' <<<"$missing")
    if ! has_a_font; then packages="$packages fonts-dejavu-core"; names="$names a-font"; fi
    [ -n "${packages// /}" ] || return 0
    # shellcheck disable=SC2086
    if apt_install $packages; then return; fi
    say "These system libraries are missing, and could not be installed from here:" $names
    say "On Debian and Ubuntu: sudo apt-get install" $packages
    say "Elsewhere, install the packages that hold these files. The command line works without"
    say "most of them; the window and its tests do not. Going on."
}

# The first Python at hand that the project runs on.
find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.10 python; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' \
            2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

can_make_venvs() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

set_up_venv() {
    local folder=$1 python
    if "$folder/bin/python" -m pip --version >/dev/null 2>&1; then return; fi
    python=$(find_python) || {
        apt_install python3 python3-venv || true
        python=$(find_python)
    } || {
        say "Dryspell needs Python 3.10 to 3.13, and found none. Install one (on Debian and Ubuntu:"
        say "sudo apt-get install python3 python3-venv), or name it: make demo PYTHON=/path/to/python3"
        exit 1
    }
    if ! can_make_venvs "$python"; then
        apt_install python3-venv || true
        if ! can_make_venvs "$python"; then
            say "$python cannot make virtual environments: its package python3-venv is missing."
            say "On Debian and Ubuntu: sudo apt-get install python3-venv"
            exit 1
        fi
    fi
    say "Making $folder with $("$python" --version)"
    "$python" -m venv --clear "$folder"
}

case "${1:-}" in
libraries) set_up_libraries ;;
venv) set_up_venv "${2:?venv needs a folder}" ;;
*)
    say "Usage: $0 libraries | venv FOLDER"
    exit 2
    ;;
esac
