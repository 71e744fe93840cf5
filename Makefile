# Everything here works from a fresh checkout with make, git and Python 3.11 or newer; .venv is made on first use.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help venv lint test demo bench bench-learning peers fuzz fixtures build matching memory kill killwatch hostile
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  PYTHON=python3.12 chooses the interpreter of .venv (remove .venv to change it)"

venv: $(READY) ## make .venv with bitewing (editable) and what its development needs

$(READY): pyproject.toml hatch_build.py edi/native.c
	$(if $(shell $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>&1 || echo no),\
	  $(error bitewing needs Python 3.11 or newer and $(PYTHON) is "$(shell $(PYTHON) -V 2>&1)"; try: make $(MAKECMDGOALS) PYTHON=python3.11))
	@test -d src/bitewing/edi || { echo 'src/bitewing/edi is not a link to the folder edi: see "Links" in CONTRIBUTING.md'; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

lint: $(READY) ## ruff, mypy and the import contracts
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test: lint ## lint, then every test
	$(BIN)/pytest -n auto --dist loadfile

demo: $(READY) ## the whole loop on shipped, invented data
	$(BIN)/bitewing demo

bench: $(READY) ## measure speed and memory
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/conformance.py
	$(BIN)/python benchmarks/remits.py
	$(BIN)/python benchmarks/joining.py

bench-learning: $(READY) ## learn from 20 months of 30 simulated payers, compare with their rules (about an hour)
	$(BIN)/python benchmarks/learning.py
	$(BIN)/python benchmarks/scale.py

matching: $(READY) ## simulate a month of 100,000 claims, match it in several orders, compare with its truth
	rm -rf .month && $(BIN)/bitewing simulate .month --claims 100000 --seed 11
	$(BIN)/python benchmarks/matching.py .month; code=$$?; rm -rf .month; exit $$code

kill: $(READY) ## kill ingest 300 times at random moments; the store must be as if it never happened
	BITEWING_KILLS=300 $(BIN)/pytest tests/test_store.py -k killed

killwatch: $(READY) ## kill workers of a drop folder 1,000 times over 10,000 files; nothing may be lost, doubled or spoilt
	BITEWING_KILLS=1000 BITEWING_FILES=10000 $(BIN)/pytest tests/test_watch.py -k killed_at

hostile: $(READY) ## send 10,000 hostile bodies to a server; it must stay up, small, and say nothing it should not
	BITEWING_HOSTILE=10000 $(BIN)/pytest tests/test_serve.py -k nothing_that_is_sent

peers: ## .venv-peers with other readers of 835, to be measured beside; never needed otherwise
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check pyx12==4.0.0 x12sdk==2.2.0 edi-835-parser==1.8.0 oxedi==0.6.0

fuzz: $(READY) ## the property tests again, with many more examples
	$(BIN)/pytest -m hypothesis --hypothesis-profile=fuzz

memory: $(READY) ## the tests of the scanner in C with every access to memory watched (gcc)
	rm -rf .watched && cp -rL src .watched && rm -f .watched/bitewing/edi/_native*
	gcc -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -shared -fPIC edi/native.c \
	  -I"$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
	  -o .watched/bitewing/edi/_native.abi3.so
	PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD="$$(gcc -print-file-name=libasan.so)" \
	  $(BIN)/python -m pytest -o pythonpath=.watched tests/test_scanners.py; code=$$?; rm -rf .watched; exit $$code

fixtures: $(READY) ## write the fixtures again; fails if git then sees a difference
	$(BIN)/python fixtures/make.py
	@git status --porcelain -- fixtures
	@test -z "$$(git status --porcelain -- fixtures)" || { echo 'the fixtures differ from what is committed'; exit 1; }

build: $(READY) ## sdist and wheel into dist/
	$(BIN)/python -m build
