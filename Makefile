# make run            installs what is missing and opens the window   (ARGS="--demo" passes arguments)
# make test           installs what the tests need and runs all of them

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.SILENT:

VENV := .venv
BIN := $(VENV)/bin
CPU_TORCH := torch==2.13.0+cpu

RUN_LIBRARIES := libportaudio2 libasound2-plugins pulseaudio-utils libegl1 libgl1 libdbus-1-3 libfontconfig1 \
  libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxcb-shape0 \
  libxcb-xinerama0 libxcb-xkb1 libxkbcommon-x11-0 fonts-dejavu-core
TEST_LIBRARIES := xvfb pulseaudio

.PHONY: run test
run: $(VENV)/.run-installed
	exec $(BIN)/python -m ser_desktop $(ARGS)

test: $(VENV)/.test-installed
	echo "— style, types and import directions"
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-logo > $(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }
	echo "— tests"
	$(BIN)/python -m pytest

$(VENV)/.run-installed: pyproject.toml Makefile
	$(call system_libraries,$(RUN_LIBRARIES))
	$(python_environment)
	echo "— the program (a minute or two)"
	$(BIN)/pip install -qq --editable .
	touch $@

$(VENV)/.test-installed: $(VENV)/.run-installed
	$(call system_libraries,$(TEST_LIBRARIES))
	echo "— the tools of the tests"
	$(BIN)/pip install -qq --editable ".[test]"
	touch $@

# Debian and Ubuntu: installs the packages that are absent, or names the command and stops.
define system_libraries
	if command -v dpkg-query > /dev/null; then
	  absent=""
	  for name in $(1); do
	    dpkg-query --show --showformat='$${Status}' $$name 2> /dev/null | grep -q "ok installed" || absent="$$absent $$name"
	  done
	  if [ -n "$$absent" ]; then
	    command="apt-get install --yes --no-install-recommends$$absent"
	    echo "— system libraries:$$absent"
	    if [ "$$(id -u)" = 0 ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$command -qq > /dev/null
	    elif sudo -n true 2> /dev/null || { [ -t 0 ] && command -v sudo > /dev/null; }; then
	      sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive $$command -qq > /dev/null
	    else echo "These system libraries are missing. Run this once, then try again:"; echo "    sudo $$command"; exit 1
	    fi
	  fi
	else echo "— not Debian or Ubuntu: PortAudio and Qt's xcb libraries must be there (ser-desktop doctor checks)"
	fi
endef

define python_environment
	python=""
	for name in $(PYTHON) python3 python3.13 python3.12 python3.11; do
	  if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then python=$$name; break; fi
	done
	if [ -z "$$python" ]; then echo "Python 3.11 or newer is needed. Install it, or name it: make PYTHON=/path/to/python3"; exit 1; fi
	if ! $$python -c 'import ensurepip' 2> /dev/null; then
	  $(call system_libraries,python3-venv)
	fi
	[ -x $(BIN)/pip ] || { echo "— Python environment in $(VENV)"; $$python -m venv --clear $(VENV); }
	if ! $(BIN)/python -c 'import torch' 2> /dev/null; then
	  if nvidia-smi > /dev/null 2>&1; then echo "— PyTorch for the NVIDIA GPU (gigabytes)"; $(BIN)/pip install -qq torch
	  else
	    echo "— PyTorch for the CPU"
	    $(BIN)/pip install -qq "$(CPU_TORCH)" 2> /dev/null || {
	      echo "  pip is not offered a CPU build here: installing the general one (gigabytes)"
	      $(BIN)/pip install -qq torch; }
	  fi
	fi
endef
