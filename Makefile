# Each goal is one script in scripts/, which says in its first lines what it does and takes.
.PHONY: demo test run bench bench-worker bench-overload badinput crash crash-nodes soak bench-store lint accuracy
.PHONY: faults fuzz sanitize check-api pictures package check-image capacity update-docs clean

demo:
	@scripts/demo.sh

test:
	@scripts/test.sh

run:
	@scripts/run.sh

bench:
	@scripts/bench.sh

bench-worker:
	@scripts/bench-worker.sh

badinput:
	@scripts/badinput.sh

crash:
	@scripts/crash.sh

crash-nodes:
	@scripts/crash-nodes.sh

faults:
	@scripts/faults.sh $(ARGS)

soak:
	@scripts/soak.sh

bench-store:
	@scripts/bench-store.sh

lint:
	@scripts/lint.sh

accuracy:
	@scripts/accuracy.sh $(ARGS)

bench-overload:
	@scripts/bench-overload.sh

fuzz:
	@scripts/fuzz.sh

sanitize:
	@scripts/sanitize.sh

check-api:
	@scripts/check-api.sh

pictures:
	@scripts/pictures.sh

package:
	@scripts/package.sh

check-image:
	@scripts/check-image.sh

capacity:
	@scripts/capacity.sh

update-docs:
	@scripts/update-docs.sh

clean:
	@scripts/clean.sh
