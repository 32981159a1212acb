#!/usr/bin/env bash
# Tests the Docker farm: builds the image and runs the commands of README.md's Docker section in real containers, with
# training runs of seconds. If there is no Docker engine and none can be installed, it prints the reason and succeeds.
set -euo pipefail
cd "$(dirname "$0")/.."

export LOGS=${DOCKER_CI_LOGS:-build/docker}
export PYTHON_IMAGE=${PYTHON_IMAGE:-python:3.11-slim-bookworm} SWEEPFARM_IMAGE=sweepfarm:ci
export COMPOSE_PROGRESS=plain SWEEPFARM_PORT=0 OVERLAY=sweeps/overlays/smoke.yaml
export PYTHON=${PYTHON:-$([ -x .venv/bin/python ] && echo .venv/bin/python || echo python3)}
unset WANDB_API_KEY WANDB_BASE_URL SWEEP_ID
mkdir -p "$LOGS"
WORK=$(mktemp -d)
export ROOT=$PWD
SECONDS=0

for part in engine image readme farm outer crash secrets; do
    # shellcheck source=/dev/null
    . "docker/ci/$part.sh"
done

say() { # say WHAT: prints it with the time since the start
    printf '[%3d s] %s\n' "$SECONDS" "$*"
}

fail() { # fail WHY: saves the logs of the current farm and exits
    trap - ERR
    say "FAILED: $*" >&2
    if [ -n "${COMPOSE_PROJECT_NAME:-}" ]; then
        docker compose logs --no-color --timestamps >"$LOGS/$COMPOSE_PROJECT_NAME.log" 2>&1 || true
        tail -n 40 "$LOGS/$COMPOSE_PROJECT_NAME.log" >&2
    fi
    echo "all logs: $LOGS" >&2
    exit 1
}

await() { # await SECONDS WHAT COMMAND...: repeats the command until it succeeds; fails after SECONDS
    local deadline=$((SECONDS + $1)) what=$2
    until "${@:3}" 2>>"$LOGS/await.log"; do
        [ "$SECONDS" -lt "$deadline" ] || fail "$what: not within $1 s"
        sleep 1
    done
}

clean_up() {
    docker rm --force --volumes sweepfarm-ci-wandb >/dev/null 2>&1 || true
    for project in sweepfarm-ci sweepfarm-ci-outer sweepfarm-ci-crash; do
        docker compose -p "$project" down --volumes --remove-orphans --timeout 5 >>"$LOGS/down.log" 2>&1 || true
    done
    stop_engine
    rm -rf "$WORK"
}

trap clean_up EXIT
docker/ci/lint.sh
say "lint"
get_engine
if [ -n "$WHY_NOT" ]; then
    echo "DOCKER FLOWS SKIPPED: $WHY_NOT"
    exit 0
fi
trap 'fail "line $LINENO of ${BASH_SOURCE[0]}: $BASH_COMMAND"' ERR
set -E
say "engine $(docker version --format '{{.Server.Version}}'), compose $(docker compose version --short)"
build_image
farm_without_settings
farm_with_an_outer_server
farm_that_is_disturbed
docker/ci/gpu.sh
say "GPU claims"
if [ -n "${ENGINE:-}" ]; then
    docker/ci/swarm.sh
    say "Swarm"
else # leaving a Swarm removes the names of all containers of the engine
    say "Swarm: SKIPPED, this script did not start the engine"
fi
say "all flows passed"
