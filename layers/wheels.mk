# For the Makefiles of layers with third-party packages: unpacks the wheels of requirements.txt for Lambda's Python, so
# neither that Python nor Docker is needed. One layer serves both processors: compiled files carry the processor in their
# names, everything else is the same. ROOT is the project's folder.
UV ?= $(or $(wildcard $(ROOT)/.tools/bin/uv),$(shell command -v uv),python3 -m uv)
PYTHON_VERSION := 3.13
PLATFORMS := x86_64-manylinux_2_28 aarch64-manylinux_2_28

.PHONY: unpacked $(PLATFORMS)
unpacked: $(PLATFORMS)
	rm -rf "$(ARTIFACTS_DIR)/python/bin"

$(PLATFORMS):
	$(UV) pip install --quiet --no-deps --require-hashes --only-binary :all: --python-version $(PYTHON_VERSION) \
		--python-platform $@ --target wheels/$@ --requirements requirements.txt
	mkdir -p "$(ARTIFACTS_DIR)/python"
	cp -R wheels/$@/. "$(ARTIFACTS_DIR)/python"
