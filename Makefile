# make run     installs what is missing into .venv and opens the window (ARGS="--demo" passes arguments)
# make test    also installs what the tests need, then checks style, imports and types and runs all tests
# PYTHON=/path/to/python names another Python than python3; 3.11 or newer is needed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check
CPU_TORCH := torch==2.13.0+cpu

# Debian's names: sound; what Qt's platform plugins link to (ldd; glib comes with ALSA's plugins); a font.
RUN_LIBRARIES := libportaudio2 libasound2-plugins pulseaudio-utils libegl1 libgl1 libdbus-1-3 libfontconfig1 \
  libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libwayland-cursor0 libwayland-egl1 \
  fonts-dejavu-core
TEST_LIBRARIES := xvfb pulseaudio

.SILENT:
.PHONY: run test

run: $(VENV)/.run-installed
	exec $(BIN)/python -m ser_desktop $(ARGS)

test: $(VENV)/.test-installed
	echo "— style, import directions, types (a minute or two)"
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/lint-imports --no-logo > $(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }
	$(BIN)/mypy --no-error-summary
	echo "— tests"
	$(BIN)/python -m pytest $(ARGS)

# A stamp is written last. Without one the environment is made anew: an installation was interrupted.
$(VENV)/.run-installed: pyproject.toml Makefile
	$(if $(python),,echo "$(NO_PYTHON)"; exit 1)
	$(call apt_install,$(call missing,$(RUN_LIBRARIES) $(if $(filter test,$(MAKECMDGOALS)),$(TEST_LIBRARIES)) $(venv_package)))
	test -e $@ || { echo "— Python environment in $(VENV)"; $(python) -m venv --clear $(VENV); }
	$(install_torch)
	echo "— the program and the libraries it uses (a minute or two)"
	$(PIP_INSTALL) --editable .
	touch $@

$(VENV)/.test-installed: $(VENV)/.run-installed
	$(call apt_install,$(call missing,$(TEST_LIBRARIES)))
	echo "— the tools of the tests (half a minute)"
	$(PIP_INSTALL) --editable ".[test]"
	touch $@

NO_PYTHON = Python 3.11 or newer is needed, and $(PYTHON) is not. Install it, or name it: make PYTHON=/path/to/python
python = $(shell for name in $(PYTHON) python3.13 python3.12 python3.11; do \
  $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && echo $$name && break; done)

# Debian keeps what `python -m venv` needs in a package of its own.
venv_package = $(if $(python),$(shell $(python) -c 'import ensurepip' 2> /dev/null || \
  $(python) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'))

# Those of the named packages that are not installed. Elsewhere than on Debian and Ubuntu nobody can tell.
missing = $(shell if command -v apt-get > /dev/null; then for name in $(1); do \
  dpkg-query --show --showformat='$${Status}\n' $$name 2> /dev/null | grep -q "ok installed" || echo $$name; done; \
  elif [ "$$(uname)" = Linux ]; then echo "— please make sure that the likes of Debian's $(strip $(1)) are installed" >&2; fi)

# As root or through sudo. --no-remove: a sound server in use must never give way to the one of the tests.
APT_INSTALL := apt-get install --no-remove --no-install-recommends
define apt_install
	$(if $(strip $(1)), \
	if [ "$$(id -u)" = 0 ]; then root=env; else root=sudo; fi; \
	if [ $$root = env ] || sudo -n true 2> /dev/null || { [ -t 0 ] && command -v sudo > /dev/null; }; then \
	  echo "— system libraries: $(strip $(1)) (a minute or two)"; \
	  $$root apt-get update -qq || true; \
	  $$root env DEBIAN_FRONTEND=noninteractive $(APT_INSTALL) -qq $(1) > /dev/null && exit 0; \
	fi; \
	echo "System libraries are missing and cannot be installed from here. Please run this and try again:"; \
	echo "    sudo $(APT_INSTALL) $(strip $(1))"; exit 1)
endef

define install_torch
	if $(BIN)/python -c 'import torch' 2> /dev/null; then exit 0; fi; \
	if nvidia-smi > /dev/null 2>&1; then \
	  echo "— PyTorch for the NVIDIA GPU (gigabytes: ten minutes or more)"; $(PIP_INSTALL) "torch>=2.4"; \
	else \
	  echo "— PyTorch for the processor (a minute or two)"; \
	  $(PIP_INSTALL) "$(CPU_TORCH)" 2> /dev/null || { \
	    echo "  pip is offered no such build: taking the general one (on Linux gigabytes: ten minutes or more)"; \
	    $(PIP_INSTALL) "torch>=2.4"; }; \
	fi
endef
