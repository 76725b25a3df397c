# For the Makefiles of layers with third-party packages: unpacks the wheels of requirements.txt for Lambda's Python, so
# neither that Python nor Docker is needed. ROOT is the project's folder.
# One layer serves both processors: compiled files carry the processor in their names, everything else is the same. Those
# for Python's stable ABI (.abi3.so) do not, so they get the name that Lambda's Python looks for first.
UV ?= $(or $(wildcard $(ROOT)/.tools/bin/uv),$(shell command -v uv),python3 -m uv)
PYTHON_VERSION := 3.13
PLATFORMS := x86_64-manylinux_2_28 aarch64-manylinux_2_28
PACKAGES = $(ARTIFACTS_DIR)/python

.PHONY: unpacked $(PLATFORMS)
unpacked: $(PLATFORMS)
	rm -rf "$(PACKAGES)/bin"

$(PLATFORMS): SUFFIX = .cpython-$(subst .,,$(PYTHON_VERSION))-$(firstword $(subst -, ,$@))-linux-gnu.so
$(PLATFORMS):
	$(UV) pip install --quiet --no-deps --require-hashes --only-binary :all: --python-version $(PYTHON_VERSION) \
		--python-platform $@ --target wheels/$@ --requirements requirements.txt
	find wheels/$@ -name '*.abi3.so' | while read -r file; do mv "$$file" "$${file%.abi3.so}$(SUFFIX)"; done
	mkdir -p "$(PACKAGES)"
	cd wheels/$@ && find . -type f ! -path '*.dist-info/*' ! -path './bin/*' | while read -r file; do \
		test ! -e "$(PACKAGES)/$$file" || cmp "$$file" "$(PACKAGES)/$$file" || exit 1; done
	cp -R wheels/$@/. "$(PACKAGES)"
