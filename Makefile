.PHONY: install test lint types fix demo ci

install:  ## what the tests need
	pip install -r requirements-dev.txt

test:     ## all tests; those on the real data are skipped without it
	python -m pytest -n auto

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
