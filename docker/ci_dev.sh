#!/usr/bin/env bash
# The Docker farm, really run: builds the image and goes through what README.md's Docker section promises, with an
# engine, containers and runs of seconds. Where no engine can be had it says so in one line and ends well.
set -euo pipefail
cd "$(dirname "$0")/.."

export LOGS=${DOCKER_CI_LOGS:-build/docker}
export PYTHON_IMAGE=${PYTHON_IMAGE:-python:3.11-slim-bookworm} SWEEPFARM_IMAGE=sweepfarm:ci
export COMPOSE_PROGRESS=plain SWEEPFARM_PORT=0
export PYTHON=${PYTHON:-$([ -x .venv/bin/python ] && echo .venv/bin/python || echo python3)}
unset WANDB_API_KEY WANDB_BASE_URL SWEEP_ID OVERLAY
mkdir -p "$LOGS"
WORK=$(mktemp -d)
export ROOT=$PWD # of the checkout
SECONDS=0

for part in engine image readme farm outer crash secrets; do
    # shellcheck source=/dev/null
    . "docker/ci/$part.sh"
done

say() { # say WHAT: with the time since the start
    printf '[%3d s] %s\n' "$SECONDS" "$*"
}

fail() { # fail WHY: the logs of the farm under test are kept
    trap - ERR
    say "FAILED: $*" >&2
    docker compose logs --no-color --timestamps >"$LOGS/$COMPOSE_PROJECT_NAME.log" 2>&1 || true
    tail -n 40 "$LOGS/$COMPOSE_PROJECT_NAME.log" >&2
    echo "all logs: $LOGS" >&2
    exit 1
}

await() { # await SECONDS WHAT COMMAND...: until the command succeeds
    local give_up=$((SECONDS + $1)) what=$2
    until "${@:3}" 2>>"$LOGS/await.log"; do
        [ "$SECONDS" -lt "$give_up" ] || fail "$what: not within $1 s"
        sleep 1
    done
}

leave_nothing() {
    docker rm --force --volumes sweepfarm-ci-wandb >/dev/null 2>&1 || true
    for project in sweepfarm-ci sweepfarm-ci-outer sweepfarm-ci-crash; do
        docker compose -p "$project" down --volumes --remove-orphans --timeout 5 >>"$LOGS/down.log" 2>&1 || true
    done
    stop_engine
    rm -rf "$WORK"
}

trap leave_nothing EXIT
:
say "lint"
get_engine
if [ -n "$WHY_NOT" ]; then
    echo "DOCKER FLOWS SKIPPED: $WHY_NOT"
    exit 0
fi
trap 'fail "line $LINENO of ${BASH_SOURCE[0]}: $BASH_COMMAND"' ERR
set -E
say "engine $(docker version --format '{{.Server.Version}}'), compose $(docker compose version --short)"
say "GPU claims"
if [ -n "${ENGINE:-}" ]; then
    docker/ci/swarm.sh
    say "Swarm"
else # leaving a Swarm makes an engine forget the names of all its containers
    say "Swarm: SKIPPED, the engine is not ours"
fi
farm_with_an_outer_server
farm_that_is_disturbed
say "all flows went well"
