.PHONY: install test test-all test-mteb test-page test-processors lint types fix demo ci

install:  ## what the tests need
	pip install -r requirements-dev.txt

test:     ## all tests but the slow ones; those on the real data are skipped without it
	python -m pytest -n auto

test-all: ## with the slow ones and those of full size, in an order of their own each time
	python -m pytest -n auto -m "" --random-order

test-mteb:  ## MTEB's own program reads what we write and gives our scores (installs it)
	pip install -r requirements-dev.txt -r performance/requirements.txt
	python -m pytest -m mteb

test-page:  ## the leaderboard page in a browser (needs chromium: apt-get install chromium)
	python -m pytest tests/browser

test-processors:  ## what computes, under every kind of processor that this one can play
	python scripts/simulate_processors.py -- -n auto

lint:
	ruff check .
	ruff format --check .

types:
	mypy

fix:      ## what lint can mend by itself
	ruff check --fix .
	ruff format .

demo:     ## the embedded encoder on the embedded pairs
	python run_eval.py

ci:       ## exactly what CI runs
	bash .ci/run
