# Every target sets up what it needs; `make` alone lists them.

PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(shell \
	$(p) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $(p))))
NEEDED := This course needs Python 3.11, 3.12 or 3.13
SAY := make PYTHON=/path/to/python3
REQUIREMENTS := $(if $(shell nvidia-smi >/dev/null 2>&1 && echo yes),requirements-gpu.txt,requirements.txt)
PY := .venv/bin/python
READY := .venv/ready
NB ?=
QUICK ?=
CLAIM ?=
ROUNDS ?=
NOTEBOOK ?=
ADDRESS ?=

.PHONY: help lab course test test-notebooks test-offline test-more bench bench-store lint render readme student grade address lock clean distclean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): $(REQUIREMENTS) pyproject.toml
	@rm -f $@
	@test -x $(PY) && $(PY) -m pip --version >/dev/null 2>&1 || { \
		test -n "$(PYTHON)" || { echo "$(NEEDED) (or say which: $(SAY))" >&2; exit 1; }; \
		version=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		case "$$version" in \
		3.11 | 3.12 | 3.13) ;; \
		[0-9]*.[0-9]*) echo "$(NEEDED); $(PYTHON) is $$version (say which to take: $(SAY))" >&2; exit 1 ;; \
		*) echo "$(PYTHON) cannot be run as Python (say which to take: $(SAY))" >&2; exit 1 ;; \
		esac; \
		rm -rf .venv; $(PYTHON) -m venv .venv || { rm -rf .venv; \
			echo "$(PYTHON) cannot make virtual environments here (Debian: apt install python3-venv)" >&2; exit 1; }; }
	@echo "Installing $(REQUIREMENTS) into .venv; this takes a minute or two"
	@$(PY) -m pip install --quiet --disable-pip-version-check -r $(REQUIREMENTS)
	@touch $@

lab: $(READY) ## open JupyterLab on the notebooks
	$(PY) -m jupyterlab --ServerApp.ip=127.0.0.1 notebooks

course: $(READY) ## re-execute every notebook, render pages into build/ (NB=name for one)
	@$(PY) -m tools.course $(NB)

test: $(READY) ## unit tests, and strict re-execution of every notebook
	$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-notebooks: $(READY) ## the notebooks alone (NB=name for one), on another footing with TF_… before it
	$(PY) -m pytest -p no:cacheprovider $(if $(NB),notebooks/$(NB).ipynb,notebooks)

test-offline: $(READY) ## the notebooks once more, network cut and cache empty
	tools/offline.sh $(PY) -m pytest -p no:cacheprovider notebooks

bench: $(READY) ## race what the course claims about speed (QUICK=1: small; CLAIM=name for one; ROUNDS=2: fewer)
	@$(PY) -m benchmarks $(if $(QUICK),--quick) $(if $(ROUNDS),--rounds $(ROUNDS)) $(CLAIM)

bench-store: $(READY) ## write benchmarks/README.md, summary and picture from a full `make bench`
	@$(PY) -m benchmarks --store

test-more: $(READY) ## slow tests: whole student versions, the wheel in an empty environment
	$(PY) -m pytest -m more tests

lint: $(READY) ## style and formatting
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

render: $(READY) ## execute and store notebooks (NB=name for one)
	@$(PY) -m tools.render $(NB)

readme: $(READY) ## bring the README's table up to date, after `make course`
	@$(PY) -m tools.readme

student: $(READY) ## notebooks without solutions, into build/student/ (FORMAT=nbgrader: as its assignments)
	@$(PY) -m tools.student $(if $(FORMAT),--format $(FORMAT)) $(NB)

grade: $(READY) ## check filled-in notebooks (NOTEBOOK=file or folder, SECONDS=, MEMORY=, STRICT=1)
	@test -n "$(NOTEBOOK)" || { echo "Which? make grade NOTEBOOK=file.ipynb, or a folder of them" >&2; exit 2; }
	@$(PY) -m tools.grade "$(NOTEBOOK)" $(if $(SECONDS),--seconds $(SECONDS)) $(if $(MEMORY),--memory $(MEMORY)) $(if $(STRICT),--strict)

address: $(READY) ## say where you publish the course (ADDRESS=https://github.com/you/your-course, or none)
	@$(PY) -m tools.address "$(ADDRESS)"
	@touch $(READY) # pyproject.toml changed, what it needs did not

lock: ## compile exact versions (UPGRADE=--upgrade for the newest)
	@test -x build/uv/bin/uv || { $(PYTHON) -m venv build/uv && build/uv/bin/python -m pip install --quiet uv; }
	echo '-e .[dev]' | build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 $(UPGRADE) \
		--custom-compile-command 'make lock' --output-file requirements.txt -
	echo '-e .[dev,gpu]' | build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 $(UPGRADE) \
		--custom-compile-command 'make lock' --output-file requirements-gpu.txt -

clean: ## remove what the commands wrote, except .venv
	rm -rf build .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
	find . -name .ipynb_checkpoints -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean ## remove .venv as well
	rm -rf .venv
